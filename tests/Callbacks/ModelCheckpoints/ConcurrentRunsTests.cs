namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Runs that save into one folder at the same time: no name belongs to two of them.</summary>
[TestClass]
public sealed class ConcurrentRunsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fulgurite-names").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow(false, DisplayName = "synchronous")]
    [DataRow(true, DisplayName = "asynchronous")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_FourAtOnceInOneFolder_EachHasFilesOfItsOwn(bool asynchronous)
    {
        var runs = await TogetherAsync(
            4, asynchronous, () => new ModelCheckpoint(new() { DirPath = _folder, Monitor = "val", SaveLast = true }));

        string[] best = [.. runs.Select(run => ((ModelCheckpoint)run.Callback).BestModelPath!)];
        string[] last = [.. runs.Select(run => run.Callback.LastModelPath!)];
        Assert.AreSequenceEqual(Versions("last"), last.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.AreSequenceEqual(Versions("epoch=2-step=12"), best.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.AreSequenceEqual(best.Concat(last).Order(StringComparer.Ordinal), Entries());
        foreach (var run in runs)
        {
            Assert.AreEqual(run.Weight, WeightIn(run.Callback.LastModelPath!), "last is of another run");
            Assert.AreEqual(run.Weight, WeightIn(run.Callback.BestModelPath!), "best is of another run");
        }
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_FourBestInMemoryAtOnce_EachHasAFileOfItsOwn()
    {
        var runs = await TogetherAsync(
            4, asynchronous: true, () => new BestInMemoryCheckpoint(new() { DirPath = _folder, Monitor = "val" }));

        Assert.AreSequenceEqual(runs.Select(run => run.Callback.BestModelPath).Order(StringComparer.Ordinal), Entries());
        Assert.IsTrue(runs.TrueForAll(run => run.Weight == WeightIn(run.Callback.BestModelPath!)));
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_TwoGoOnFromOneCheckpoint_OneKeepsTheNamesAndTheOtherLeavesThemAlone()
    {
        ModelCheckpoint Make() => new(new() { DirPath = _folder, Monitor = "val", SaveLast = true });
        await TogetherAsync(1, asynchronous: false, Make);
        Assert.AreSequenceEqual(new[] { "epoch=2-step=12.ckpt", "last.ckpt" }, Entries().Select(Path.GetFileName));

        var runs = await TogetherAsync(2, asynchronous: false, Make, epochs: 5, resume: "last", scale: 0.1);

        Assert.IsTrue(runs.TrueForAll(run => run.Result.GlobalStep == 20));
        Assert.AreSequenceEqual(
            new[] { "epoch=4-step=20-v1.ckpt", "epoch=4-step=20.ckpt", "last-v1.ckpt", "last.ckpt" },
            Entries().Select(Path.GetFileName));
        Assert.AreSequenceEqual(
            new[] { "last-v1.ckpt", "last.ckpt" },
            runs.Select(run => Path.GetFileName(run.Callback.LastModelPath)).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public async Task Fit_GoesOnInTheFolder_OverwritesItsOwnLast()
    {
        ModelCheckpoint Make() => new(new() { DirPath = _folder, SaveLast = true, SaveTopK = 0 });
        await TogetherAsync(1, asynchronous: true, Make);
        await TogetherAsync(1, asynchronous: true, Make, epochs: 4, resume: "last");
        await TogetherAsync(1, asynchronous: true, Make, epochs: 5, resume: "last");

        Assert.AreSequenceEqual(new[] { "last.ckpt" }, Entries().Select(Path.GetFileName));
    }

    [TestMethod]
    public void Fit_AnotherRunContinuedAndEndedSinceTheLoad_LeavesItsNewerStateAlone()
    {
        Fit(epochs: 1, resume: null);

        // The hook comes after the load, and before the callback takes the names over.
        var last = Fit(epochs: 2, resume: "last", () => Fit(epochs: 3, resume: "last"));

        Assert.AreEqual("last-v1.ckpt", Path.GetFileName(last));
        Assert.AreEqual(12, StepIn("last.ckpt"), "the other run reported that state as durable");
        Assert.AreEqual(8, StepIn("last-v1.ckpt"));

        string? Fit(int epochs, string? resume, Action? onStart = null)
        {
            using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
            using var module = new PolicyModule();
            var callback = new ModelCheckpoint(new() { DirPath = _folder, SaveLast = true, SaveTopK = 0 });
            var hooks = new HookCallback { FitStart = onStart ?? (() => { }) };
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs }, [hooks, callback]);
            trainer.Fit(module, PolicyModule.Data(4), PolicyModule.Data(1), resume);
            return callback.LastModelPath;
        }

        long StepIn(string name)
        {
            var position = new TorchCheckpointIO().ReadPositionAsync(Path.Combine(_folder, name), CancellationToken.None).GetAwaiter()
                .GetResult();
            return position!.Value.GlobalStep;
        }
    }

    [TestMethod]
    public async Task TryClaim_NameOfALiveRun_IsFreeOnceThatEnds()
    {
        await using var first = new TorchCheckpointIO();
        await using var second = new AsyncCheckpointIO(new TorchCheckpointIO());
        var path = Path.Combine(_folder, "a", "last.ckpt");

        var claim = await first.TryClaimAsync(path, mayBeThere: false, CancellationToken.None);

        Assert.IsNotNull(claim);
        Assert.IsNull(await second.TryClaimAsync(path, mayBeThere: true, CancellationToken.None));
        claim.Dispose();
        using var again = await second.TryClaimAsync(path, mayBeThere: false, CancellationToken.None);
        Assert.IsNotNull(again);
    }

    [TestMethod]
    [DataRow("folder")]
    [DataRow("link that leads nowhere")]
    [DataRow("empty file")]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public async Task Fit_SomethingElseHasTheName_TakesTheNextVersion(string what)
    {
        var taken = Path.Combine(_folder, "last.ckpt");
        switch (what)
        {
            case "folder":
                Directory.CreateDirectory(taken);
                break;
            case "empty file":
                File.WriteAllBytes(taken, []);
                break;
            default:
                File.CreateSymbolicLink(taken, Path.Combine(_folder, "elsewhere", "gone.ckpt"));
                break;
        }

        var runs = await TogetherAsync(
            1, asynchronous: false, () => new ModelCheckpoint(new() { DirPath = _folder, SaveLast = true, SaveTopK = 0 }));

        Assert.AreEqual("last-v1.ckpt", Path.GetFileName(runs[0].Callback.LastModelPath));
        Assert.IsFalse(Directory.Exists(Path.Combine(_folder, "elsewhere")));
    }

    private static IEnumerable<string> Versions(string name) =>
        new[] { string.Empty, "-v1", "-v2", "-v3" }.Select(version => $"{name}{version}.ckpt").Order(StringComparer.Ordinal);

    private IEnumerable<string> Entries() =>
        Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static float WeightIn(string path)
    {
        using var state = new TorchCheckpointIO().LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult();
        using var weight = state["state_dict"].AsMap()["_linear.weight"].AsTensor().ToTensor();
        return weight.flatten()[0].item<float>();
    }

    /// <summary>Fits that begin at the same moment, each with all that it needs of its own.</summary>
    private static async Task<List<Run>> TogetherAsync(
        int count, bool asynchronous, Func<Checkpoint> make, int epochs = 3, string? resume = null, double scale = 1)
    {
        using var start = new Barrier(count);
        return [.. await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Factory.StartNew(
            () =>
            {
                CheckpointIO io = new TorchCheckpointIO();
                using var strategy = new SingleDeviceStrategy(asynchronous ? new AsyncCheckpointIO(io) : io);
                using var module = new PolicyModule { Validation = number => scale / number };
                var callback = make();
                var hooks = new HookCallback { FitStart = () => start.SignalAndWait(), EpochStart = () => start.SignalAndWait() };
                using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs }, [hooks, callback]);
                var result = trainer.Fit(module, PolicyModule.Data(4), PolicyModule.Data(1), resume);
                return new Run(callback, result, module.Weight());
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)))];
    }

    private sealed record Run(Checkpoint Callback, FitResult Result, float Weight);
}
