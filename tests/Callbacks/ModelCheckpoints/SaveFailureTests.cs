namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Saves that fail after their file is in place, and second names that cannot be made.</summary>
[TestClass]
public sealed class SaveFailureTests : SuiteBase
{
    [TestMethod]
    public void Fit_BetterOneIsInPlaceOnly_KeepsTheDurableOneBesideIt()
    {
        var storage = new HeldCheckpointIO { Open = true, StaysInPlace = path => path.Contains("step=4", StringComparison.Ordinal) };
        var callback = Best();

        Run(storage, callback, 0.5, 0.4);

        Assert.AreSequenceEqual(
            ["epoch=0-step=2.ckpt", "epoch=1-step=4.ckpt"], storage.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.AreEqual("epoch=0-step=2.ckpt", Path.GetFileName(callback.BestModelPath), "what a power cut cannot lose");
        Assert.IsEmpty(storage.Removed);
    }

    [TestMethod]
    public void Fit_DurableOneAfterOneInPlace_ReplacesBoth()
    {
        var storage = new HeldCheckpointIO { Open = true, StaysInPlace = path => path.Contains("step=4", StringComparison.Ordinal) };
        var callback = Best();

        Run(storage, callback, 0.5, 0.4, 0.3);

        Assert.AreSequenceEqual(["epoch=2-step=6.ckpt"], storage.Files.Select(Path.GetFileName));
        Assert.AreEqual("epoch=2-step=6.ckpt", Path.GetFileName(callback.BestModelPath));
    }

    [TestMethod]
    public void Fit_FirstLastIsInPlaceOnly_IsReplacedUnderTheSameName()
    {
        var saves = 0;
        var storage = new HeldCheckpointIO { Open = true, StaysInPlace = _ => ++saves == 1 };
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder, SaveTopK = 0, SaveLast = true });

        Run(storage, callback, 0.5, 0.4);

        Assert.AreSequenceEqual(["last.ckpt"], storage.Files.Select(Path.GetFileName));
        Assert.AreEqual("last.ckpt", Path.GetFileName(callback.LastModelPath));
    }

    [TestMethod]
    public void Fit_LastUnderANewNameIsInPlaceOnly_KeepsTheDurableOneUntilTheNext()
    {
        var storage = new HeldCheckpointIO { Open = true, StaysInPlace = path => path.Contains("step=4", StringComparison.Ordinal) };
        var callback = new ModelCheckpoint(
            new ModelCheckpointOptions { DirPath = Folder, SaveTopK = 0, SaveLast = true, LastFilename = "last-{step}" });

        Run(storage, callback, 0.5, 0.4, 0.3);

        Assert.AreSequenceEqual(["last-step=6.ckpt"], storage.Files.Select(Path.GetFileName));
        Assert.Contains("last-step=2.ckpt", string.Join(' ', storage.Removed.Select(Path.GetFileName)));
        Assert.Contains("last-step=4.ckpt", string.Join(' ', storage.Removed.Select(Path.GetFileName)));
    }

    [TestMethod]
    public void Fit_LastThatNamesTheOldBestIsNotReplaced_KeepsTheOldBest()
    {
        var (lasts, files) = (0, Array.Empty<string?>());
        HeldCheckpointIO storage = null!;
        storage = new HeldCheckpointIO
        {
            Open = true,
            Fails = path =>
            {
                // The third one is saved at the end of training, because the second one has failed.
                if (path.EndsWith("last.ckpt", StringComparison.Ordinal) && ++lasts == 3)
                {
                    files = [.. storage.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal)];
                }

                return path.EndsWith("last.ckpt", StringComparison.Ordinal) && lasts == 2;
            },
        };

        Run(storage, BestAndLast(), 0.5, 0.4);

        Assert.AreSequenceEqual(["epoch=0-step=2.ckpt", "epoch=1-step=4.ckpt", "last.ckpt"], files, "A run that is killed needs them.");
        Assert.AreSequenceEqual(
            ["epoch=1-step=4.ckpt", "last.ckpt"], storage.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    [DataRow(false, DisplayName = "the next last names the new one")]
    [DataRow(true, DisplayName = "the next last fails too, perhaps for want of room")]
    public void Fit_LastNamesTheNewBestOrFailsAgain_RemovesTheOldOnes(bool failsAgain)
    {
        var lasts = 0;
        var storage = new HeldCheckpointIO
        {
            Open = true,
            Fails = path => path.EndsWith("last.ckpt", StringComparison.Ordinal) && (++lasts == 2 || (failsAgain && lasts > 2)),
        };

        Run(storage, BestAndLast(), 0.5, 0.4, 0.3);

        Assert.AreSequenceEqual(
            ["epoch=2-step=6.ckpt", "last.ckpt"], storage.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_SecondNameCannotBeMade_WritesTheFileAndTrainsOn(bool background)
    {
        var links = new FailingLinks(new TorchCheckpointIO());
        CheckpointIO storage = background
            ? new AsyncCheckpointIO(links, new AsyncCheckpointOptions { CopyThreads = 1, HugePages = false })
            : links;
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder, Monitor = "val", SaveLast = SaveLast.Link });

        Run(storage, callback, 0.5, 0.4);

        Assert.IsGreaterThan(0, links.Attempts);
        Assert.AreSequenceEqual(["epoch=1-step=4.ckpt", "last.ckpt"], Files());
        Assert.AreEqual("last.ckpt", Path.GetFileName(callback.LastModelPath));
    }

    private ModelCheckpoint Best() => new(new ModelCheckpointOptions { DirPath = Folder, Monitor = "val" });

    private ModelCheckpoint BestAndLast() => new(new ModelCheckpointOptions { DirPath = Folder, Monitor = "val", SaveLast = true });

    private static void Run(CheckpointIO storage, ModelCheckpoint callback, params double[] scores)
    {
        using var strategy = new SingleDeviceStrategy(storage);
        using var module = new PolicyModule { Validation = number => scores[number - 1] };
        new Trainer(
            strategy, new TrainerOptions { MaxEpochs = scores.Length, OnCheckpointFailure = CheckpointFailurePolicy.Continue }, [callback])
            .Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));
    }

    /// <summary>A storage whose second names fail.</summary>
    private sealed class FailingLinks(CheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
    {
        public int Attempts { get; private set; }

        public Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken)
        {
            Attempts++;
            return Task.FromException<bool>(new CheckpointException("the device reported an error", path));
        }
    }
}
