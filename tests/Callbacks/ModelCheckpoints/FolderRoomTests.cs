namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>The folders of checkpoints are tested before the first step.</summary>
[TestClass]
public sealed class FolderRoomTests(TestContext context)
{
    // PolicyModule has two weights and a bias, and the state of the generator takes some thousand bytes more.
    private const long StateBytes = 5000;

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_FolderIsAFile_FailsBeforeTheFirstStep(bool own)
    {
        var file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "a file");
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());

        var exception = Assert.ThrowsExactly<CheckpointException>(() => Fit(strategy, own, file));

        Assert.Contains($"No checkpoint can be saved in the folder '{file}'", exception.Message);
        Assert.Contains(Environment.UserName, exception.Message);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_NoRoomForTheState_FailsBeforeTheFirstStepWithTheNumbers(bool own)
    {
        using var strategy = new SingleDeviceStrategy(new FullCheckpointIO(100));

        var exception = Assert.ThrowsExactly<CheckpointException>(() => Fit(strategy, own, Folder));

        Assert.MatchesRegex(
            @"^No checkpoint can be saved in the folder '.*': the state takes \d{4} bytes, and 100 bytes are free\. Free space there",
            exception.Message);
        Assert.IsTrue(exception.IsTransient);
    }

    [TestMethod]
    public void Fit_RoomForOneOnly_WarnsOnce()
    {
        using var strategy = new SingleDeviceStrategy(new FullCheckpointIO(StateBytes + (StateBytes / 2)));

        var log = Fit(strategy, own: true, Folder);

        Assert.HasCount(1, log.Messages);
        Assert.Contains("has room for one checkpoint only", log.Messages[0]);
    }

    [TestMethod]
    public void Fit_NoRoomAndThePolicyIsToContinue_LogsOnceAndTrains()
    {
        using var strategy = new SingleDeviceStrategy(new FullCheckpointIO(100));

        var log = Fit(strategy, own: true, Folder, CheckpointFailurePolicy.Continue);

        Assert.HasCount(1, log.Messages);
        Assert.Contains("100 bytes are free", log.Messages[0]);
    }

    [TestMethod]
    public void Fit_DefaultFolderIsUnusableAndTheCallbackSavesElsewhere_WarnsAndTrains()
    {
        var file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "a file");
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());

        var log = Fit(strategy, new ElsewhereCheckpoint(Folder), file);

        Assert.IsTrue(File.Exists(Path.Combine(Folder, "epoch.ckpt")));
        Assert.StartsWith($"No checkpoint can be saved in the folder '{file}'", log.Messages[0]);
        Assert.Contains("Override GetDirectory", log.Messages[0]);
    }

    [TestMethod]
    public void Fit_EnoughRoomOrUnknown_SaysNothing()
    {
        foreach (var available in new long?[] { null, 1L << 40 })
        {
            using var strategy = new SingleDeviceStrategy(new FullCheckpointIO(available));
            Assert.IsEmpty(Fit(strategy, own: true, Folder).Messages);
        }
    }

    private static CollectingLogger Fit(
        SingleDeviceStrategy strategy, bool own, string folder, CheckpointFailurePolicy policy = CheckpointFailurePolicy.FailAtEnd) =>
        Fit(strategy, own ? new FolderCheckpoint(folder) : new ModelCheckpoint(new() { DirPath = folder }), folder, policy);

    private static CollectingLogger Fit(
        SingleDeviceStrategy strategy,
        Checkpoint checkpoint,
        string folder,
        CheckpointFailurePolicy policy = CheckpointFailurePolicy.FailAtEnd)
    {
        var log = new CollectingLogger(LogLevel.Warning);
        using var module = new PolicyModule();
        var options = new TrainerOptions { MaxEpochs = 1, DefaultRootDirectory = folder, OnCheckpointFailure = policy };
        using var trainer = new Trainer(strategy, options, [checkpoint], loggerFactory: log);
        try
        {
            trainer.Fit(module, PolicyModule.Data(1));
        }
        catch (CheckpointException)
        {
            Assert.AreEqual(0, trainer.GlobalStep);
            throw;
        }

        return log;
    }

    /// <summary>Saves in a folder, which it does not state.</summary>
    private class ElsewhereCheckpoint(string folder) : Checkpoint
    {
        protected string Target { get; } = folder;

        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: false, (Path.Combine(Target, "epoch.ckpt"), null));
    }

    private sealed class FolderCheckpoint(string folder) : ElsewhereCheckpoint(folder)
    {
        public override string? GetDirectory(Trainer trainer) => Target;
    }

    /// <summary>Reports a given free space.</summary>
    private sealed class FullCheckpointIO(long? available) : WrappingCheckpointIO(new InMemoryCheckpointIO()), ICheckpointFiles
    {
        public long? GetAvailableBytes(string path) => available;
    }
}
