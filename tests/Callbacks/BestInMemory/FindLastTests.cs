namespace Fulgurite.Tests.Callbacks.BestInMemory;

/// <summary>What a run goes on from where the best state in memory is all that is saved.</summary>
[TestClass]
public sealed class FindLastTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fulgurite-best").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [TestMethod]
    [DataRow("torch", "best-epoch=1-step=6.ckpt")]
    [DataRow("safetensors", "best-epoch=1-step=6.safetensors")]
    public void FindLastCheckpoint_AfterACrash_GivesWhatWasWritten(string format, string expected)
    {
        // The third validation ends by an exception, which writes the best state.
        var module = new PolicyModule
        {
            Validation = number => number == 3 ? throw new InvalidOperationException("on purpose") : 1.0 / number,
        };
        using var best = new BestInMemoryCheckpoint(new() { Monitor = "val" });
        Assert.ThrowsExactly<InvalidOperationException>(() => Fit(best, format, module, resume: false));
        Assert.AreSequenceEqual(
            new[] { Path.Combine(_root, "checkpoints", expected) }, Directory.GetFiles(Path.Combine(_root, "checkpoints")));
        using var after = new BestInMemoryCheckpoint(new() { Monitor = "val" });

        var result = Fit(after, format, new PolicyModule(), resume: true);

        Assert.AreEqual(9, result.GlobalStep);
    }

    private FitResult Fit(BestInMemoryCheckpoint callback, string format, PolicyModule module, bool resume)
    {
        using var owned = module;
        CheckpointIO io = format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        using var strategy = new SingleDeviceStrategy(io);
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3, DefaultRootDirectory = _root }, [callback]);
        var last = trainer.FindLastCheckpoint();
        Assert.AreEqual(resume, last is not null);
        var result = trainer.Fit(module, PolicyModule.Data(3), PolicyModule.Data(1), last);
        Assert.AreEqual(last, trainer.ResumedFrom);
        return result;
    }
}
