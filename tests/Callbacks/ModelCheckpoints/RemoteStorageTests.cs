using Fulgurite.IO;

namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>A <see cref="CheckpointIO"/> without a disk: saves, the best, the last, removals and resuming go through it alone.</summary>
[TestClass]
public sealed class RemoteStorageTests : IDisposable
{
    private const string Bucket = "memory://bucket/run";

    private readonly string _root = Directory.CreateTempSubdirectory("fulgurite-remote").FullName;
    private readonly MemoryStorage _files = new();
    private readonly InMemoryCheckpointIO _states = new();

    public void Dispose()
    {
        var local = Directory.GetFileSystemEntries(_root);
        Directory.Delete(_root, recursive: true);
        Assert.IsEmpty(local, "Something was written to the disk.");
        Assert.IsFalse(Directory.Exists("memory:"), "A URL was taken for a folder.");
    }

    [TestMethod]
    [DataRow("files")]
    [DataRow("files behind async")]
    [DataRow("safetensors behind async")]
    [DataRow("states")]
    [DataRow("states behind async")]
    [DataRow("delegates")]
    public void Fit_WithoutADisk_SavesKeepsRemovesAndResumes(string kind)
    {
        var extension = Make(kind).FileExtension;
        var first = Options(extension);
        Run(kind, first, epochs: 4, resume: null);
        CollectionAssert.AreEquivalent(new[] { At("epoch=2-step=6"), At("epoch=3-step=8"), At("last") }, Paths());
        Assert.AreEqual(At("epoch=3-step=8"), first.BestModelPath);
        Assert.AreEqual(At("last"), first.LastModelPath);

        var second = Options(extension);
        Assert.AreEqual(12, Run(kind, second, epochs: 6, resume: "last"));
        CollectionAssert.AreEquivalent(new[] { At("epoch=4-step=10"), At("epoch=5-step=12"), At("last") }, Paths());
        Assert.AreEqual(At("epoch=5-step=12"), second.BestModelPath);

        string At(string name) => $"{Bucket}/{name}{extension}";
    }

    [TestMethod]
    [DataRow("files")]
    [DataRow("files behind async")]
    [DataRow("states")]
    public void FindLastCheckpoint_BestOnesAlone_ListsTheFolderAndTakesTheFurthest(string kind)
    {
        var best = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Bucket, Monitor = "val", SaveTopK = 2 });
        Run(kind, best, epochs: 3, resume: null);

        Assert.AreEqual(8, Run(kind, new ModelCheckpoint(best.Options), epochs: 4, resume: "found", from: $"{Bucket}/epoch=2-step=6.ckpt"));
    }

    [TestMethod]
    public void FindLastCheckpoint_LastIsDamaged_TakesTheNewestThatIsWhole()
    {
        Run("files", Options(".ckpt"), epochs: 2, resume: null);
        _files[$"{Bucket}/last.ckpt"] = _files[$"{Bucket}/last.ckpt"][..^10];

        Run("files", Options(".ckpt"), epochs: 3, resume: "found", from: $"{Bucket}/epoch=1-step=4.ckpt");
    }

    [TestMethod]
    public void Fit_OtherCheckpointCallbacks_SaveWithoutADiskToo()
    {
        using var best = new BestInMemoryCheckpoint(new BestInMemoryOptions { DirPath = Bucket, Monitor = "val" });
        Run("files behind async", best, epochs: 2, resume: null);
        Run("files", new OnExceptionCheckpoint(new OnExceptionOptions { DirPath = Bucket }), epochs: 2, resume: null);

        CollectionAssert.AreEquivalent(new[] { $"{Bucket}/best-epoch=1-step=4.ckpt" }, Paths());
    }

    private static ModelCheckpoint Options(string extension) =>
        new(new ModelCheckpointOptions { DirPath = Bucket, Monitor = "val", SaveTopK = 2, SaveLast = true, FileExtension = extension });

    private List<string> Paths() => [.. _files.Paths, .. _states.Paths];

    private CheckpointIO Make(string kind) => kind switch
    {
        "files" => new TorchCheckpointIO(_files),
        "files behind async" => new AsyncCheckpointIO(new TorchCheckpointIO(_files)),
        "safetensors behind async" => new AsyncCheckpointIO(new SafetensorsCheckpointIO(_files)),
        "states" => _states,
        "states behind async" => new AsyncCheckpointIO(_states),
        _ => new CustomCheckpointIO(_states.SaveCheckpointAsync, _states.LoadCheckpointAsync, _states.RemoveCheckpointAsync),
    };

    private long Run(string kind, Callback callback, int epochs, string? resume, string? from = null)
    {
        using var strategy = new SingleDeviceStrategy(Make(kind));
        using var module = new PolicyModule { Validation = number => 1.0 / (number + (resume is null ? 0 : 100)) };
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs, DefaultRootDirectory = _root }, [callback]);
        var path = resume == "found" ? trainer.FindLastCheckpoint() : resume;
        if (from is not null)
        {
            Assert.AreEqual(from, path);
        }

        trainer.Fit(module, PolicyModule.Data(2), PolicyModule.Data(1), path);
        return trainer.GlobalStep;
    }
}
