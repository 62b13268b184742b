namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Folders that cannot be saved in are found when a fit begins, not when it ends.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class FolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fulgurite-folder").FullName;

    public static IEnumerable<object[]> Callbacks =>
        from name in new[] { "model", "best", "exception" }
        from asynchronous in new[] { false, true }
        select new object[] { name, asynchronous };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [TestMethod]
    [DynamicData(nameof(Callbacks))]
    public void Fit_FolderCannotBeMade_EndsBeforeItTrains(string name, bool asynchronous)
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, string.Empty);
        foreach (var folder in new[] { "/proc/nope", file })
        {
            var exception = Assert.ThrowsExactly<CheckpointException>(() => Fit(Make(name, folder), asynchronous, out _));

            Assert.Contains($"'{folder}'", exception.Message);
            Assert.Contains($"'{Environment.UserName}'", exception.Message);
            Assert.Contains("permission to create, rename and delete files", exception.Message);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Callbacks))]
    public void Fit_UrlThatNobodyKnows_EndsBeforeItTrainsAndMakesNoFolder(string name, bool asynchronous)
    {
        foreach (var scheme in new[] { "s3", "gs", "az", "hf" })
        {
            var exception = Assert.ThrowsExactly<CheckpointException>(
                () => Fit(Make(name, $"{scheme}://bucket/run"), asynchronous, out var steps));

            Assert.Contains($"no storage for {scheme}", exception.Message);
            Assert.IsFalse(Directory.Exists($"{scheme}:"));
        }
    }

    [TestMethod]
    public void Fit_RootIsAUrl_EndsBeforeItTrains()
    {
        var exception = Assert.ThrowsExactly<CheckpointException>(() => Fit(new ModelCheckpoint(), false, out _, root: "s3://bucket/run"));

        Assert.Contains("no storage for s3", exception.Message);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_PathsThatAreUrls_SaySo(bool asynchronous)
    {
        Assert.Contains(
            "no storage for s3",
            Assert.ThrowsExactly<CheckpointException>(
                () => Fit(Make("model", _root), asynchronous, out _, resume: "s3://bucket/last.ckpt")).Message);
        Assert.Contains(
            "no storage for s3",
            Assert.ThrowsExactly<CheckpointException>(
                () => Fit(Make("model", _root), asynchronous, out _, save: "s3://bucket/x.ckpt")).Message);
        Assert.IsFalse(Directory.Exists("s3:"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_FileUrl_IsAPathOfThisMachine(bool asynchronous)
    {
        var folder = Path.Combine(_root, "with space");
        var url = "file://" + folder.Replace(" ", "%20", StringComparison.Ordinal);

        Fit(Make("model", url), asynchronous, out var steps, save: $"{url}/own.ckpt");

        Assert.AreEqual(4, steps);
        Assert.AreSequenceEqual(
            new[] { "epoch=0-step=4.ckpt", "last.ckpt", "own.ckpt" },
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Fit(Make("model", url), asynchronous, out steps, resume: $"{url}/last.ckpt", epochs: 2);
        Assert.AreEqual(8, steps);
        Assert.HasCount(3, Directory.GetFiles(folder), "it goes on with its own files");
        Assert.IsFalse(Directory.Exists("file:"));
    }

    [TestMethod]
    public void Fit_ToGoOnWithoutCheckpoints_Trains()
    {
        foreach (var folder in new[] { "/proc/nope", "s3://bucket/run" })
        {
            Fit(Make("model", folder), asynchronous: true, out var steps, policy: CheckpointFailurePolicy.Continue);

            Assert.AreEqual(4, steps);
        }
    }

    [TestMethod]
    public void Fit_FolderIsGood_LeavesNothingBehind()
    {
        Fit(new ModelCheckpoint(new() { DirPath = Path.Combine(_root, "a", "b"), SaveTopK = 0 }), asynchronous: false, out _);

        Assert.IsEmpty(Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
    }

    private static Checkpoint Make(string name, string folder) => name switch
    {
        "model" => new ModelCheckpoint(new() { DirPath = folder, SaveLast = true }),
        "best" => new BestInMemoryCheckpoint(new() { DirPath = folder, Monitor = "val" }),
        _ => new OnExceptionCheckpoint(new() { DirPath = folder }),
    };

    private void Fit(
        Checkpoint callback,
        bool asynchronous,
        out long steps,
        string? root = null,
        string? resume = null,
        string? save = null,
        int epochs = 1,
        CheckpointFailurePolicy policy = CheckpointFailurePolicy.FailAtEnd)
    {
        CheckpointIO io = new TorchCheckpointIO();
        using var strategy = new SingleDeviceStrategy(asynchronous ? new AsyncCheckpointIO(io) : io);
        using var module = new PolicyModule();
        var options = new TrainerOptions { MaxEpochs = epochs, DefaultRootDirectory = root ?? _root, OnCheckpointFailure = policy };
        using var trainer = new Trainer(strategy, options, [callback, new Saver(save)]);
        try
        {
            trainer.Fit(module, PolicyModule.Data(4), PolicyModule.Data(1), resume);
        }
        catch when (save is null)
        {
            Assert.AreEqual(0, trainer.GlobalStep);
            throw;
        }

        steps = trainer.GlobalStep;
    }

    private sealed class Saver(string? path) : Callback
    {
        public override void OnTrainEnd(OnTrainEndArguments arguments)
        {
            if (path is not null)
            {
                arguments.Trainer.SaveCheckpoint(path);
            }
        }
    }
}
