namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>What a trainer writes to real files in the background, and what comes of it.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TrainedFilesTests
{
    private const int Batches = 9;

    [TestMethod]
    [DataRow(4)]
    [DataRow(9)]
    [DataRow(14)]
    public async Task Fit_StoppedAndResumedFromFiles_EqualsARunNeverStopped(int stopAfter)
    {
        using var wholeDirectory = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();

        await FitAsync(wholeDirectory.Path, stopAfter: null, resume: null);
        await FitAsync(directory.Path, stopAfter, resume: null);
        await FitAsync(directory.Path, stopAfter: null, resume: "last");

        await using var io = new TorchCheckpointIO();
        using var whole = await io.LoadCheckpointAsync(wholeDirectory["last.ckpt"], null, CancellationToken.None);
        using var resumed = await io.LoadCheckpointAsync(directory["last.ckpt"], null, CancellationToken.None);
        StateComparison.AreEqual(whole.Root["state_dict"], resumed.Root["state_dict"]);
        StateComparison.AreEqual(whole.Root["optimizer_states"], resumed.Root["optimizer_states"]);
        StateComparison.AreEqual(whole.Root["fulgurite"], resumed.Root["fulgurite"]);
        CollectionAssert.AreEqual(Names(wholeDirectory.Path), Names(directory.Path), "the same files under the same names");
    }

    [TestMethod]
    public async Task Fit_LastCheckpoint_HoldsTheModulesTensorsForPython()
    {
        using var directory = new TemporaryDirectory();
        var module = await FitAsync(directory.Path, stopAfter: null, resume: null);
        var expected = module.state_dict().Select(entry => $"{entry.Key} {Convert.ToHexString(entry.Value.bytes)}");

        var read = PythonInterop.Run("print_state_dict.py", directory["last.ckpt"]);

        Assert.AreEqual(string.Join('\n', expected), read);
    }

    [TestMethod]
    public async Task Fit_LastCheckpoint_LetsPythonGoOn()
    {
        using var directory = new TemporaryDirectory();
        await FitAsync(directory.Path, stopAfter: null, resume: null);

        Assert.AreEqual($"{2 * Batches} steps, then one more", PythonInterop.Run("continue_training.py", directory["last.ckpt"]));
    }

    private static async Task<DropoutModule> FitAsync(string directory, int? stopAfter, string? resume)
    {
        manual_seed(3);
        using var cancellation = new CancellationTokenSource();
        var module = new DropoutModule();
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 3 },
            [
                new StopAfter(stopAfter, cancellation),
                new ModelCheckpoint(
                    new ModelCheckpointOptions { DirPath = directory, Monitor = "val_loss", SaveLast = true, SaveTopK = 2 }),
            ]);

        var result = await trainer.FitAsync(module, DropoutModule.Data(Batches), DropoutModule.Data(2), resume, cancellation.Token);

        Assert.AreEqual(stopAfter is null ? FitStatus.Completed : FitStatus.Cancelled, result.Status);
        Assert.AreEqual(0, result.Checkpoints.Failed);
        return module;
    }

    private static List<string> Names(string directory) =>
        [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private sealed class StopAfter(int? steps, CancellationTokenSource cancellation) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == steps)
            {
                cancellation.Cancel();
            }
        }
    }
}
