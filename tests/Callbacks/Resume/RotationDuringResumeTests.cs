namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>
/// A run starts while another one saves in the same folder: what it finds may be replaced by a newer file before it is read.
/// </summary>
[TestClass]
public sealed class RotationDuringResumeTests
{
    private const string Folder = "mem://run";
    private const string Older = $"{Folder}/step=2.ckpt", Newer = $"{Folder}/step=4.ckpt";

    public static IEnumerable<(string Call, int Number, string Resume)> Moments =>
        from moment in new[] { ("position", 1), ("position", 2), ("verify", 1), ("load", 1) }
        from resume in new[] { "last", global::Fulgurite.Resume.IfPossible, "FindLastCheckpoint()" }
        select (moment.Item1, moment.Item2, resume);

    [TestMethod]
    [DynamicData(nameof(Moments))]
    public void Fit_FileIsRotatedAwayBeforeACall_ResumesFromTheNewerOne(string call, int number, string resume)
    {
        using var io = Make();
        var calls = 0;
        io.Before = (name, path) =>
        {
            if (name == call && path == Older && ++calls == number)
            {
                io.Rotate();
            }
        };

        using var trainer = Start(io, resume, out var result);

        Assert.AreEqual(Newer, trainer.ResumedFrom);
        Assert.AreEqual(6, result.GlobalStep);
        Assert.AreEqual(number, calls, "nothing was rotated");
    }

    [TestMethod]
    [DataRow("position")]
    [DataRow("verify")]
    [DataRow("load")]
    public void Fit_EachFileIsRemovedBeforeItIsRead_FailsAndDoesNotStartFromScratch(string call)
    {
        using var io = Make();
        io.Before = (name, _) =>
        {
            if (name == call)
            {
                io.Rotate();
            }
        };

        var exception = Assert.ThrowsExactly<CheckpointNotFoundException>(() => Start(io, global::Fulgurite.Resume.IfPossible, out _));

        Assert.Contains(Folder, exception.Message);
        Assert.IsInRange(10, 40, io.Rotations);
    }

    [TestMethod]
    public void Fit_GivenPathIsMissing_IsNotReplacedByAnother()
    {
        using var io = Make();

        Assert.ThrowsExactly<CheckpointNotFoundException>(() => Start(io, Newer, out _));
    }

    [TestMethod]
    public void ReadHyperParameters_FileIsRotatedAway_ReadsTheNewerOne()
    {
        using var io = Make();
        io.Before = (name, _) =>
        {
            if (name == "load" && io.Rotations == 0)
            {
                io.Rotate();
            }
        };
        using var strategy = new SingleDeviceStrategy(io);
        var trainer = new Trainer(strategy, new TrainerOptions(), [Callback()]);

        Assert.AreEqual(2, trainer.ReadHyperParameters("last")["width"].AsInteger());
        Assert.AreEqual(1, io.Rotations);
    }

    private static ModelCheckpoint Callback() =>
        new(new ModelCheckpointOptions { DirPath = Folder, Filename = "{step}", SaveTopK = -1, EveryNEpochs = 1 });

    private static Trainer Start(CheckpointIO io, string resume, out FitResult result)
    {
        using var module = new PolicyModule();
        using var strategy = new SingleDeviceStrategy(io);
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3 }, [Callback()]);
        result = trainer.Fit(
            module, PolicyModule.Data(2), checkpointPath: resume == "FindLastCheckpoint()" ? trainer.FindLastCheckpoint() : resume);
        return trainer;
    }

    /// <summary>Makes the two files in a run, and hides the newer one.</summary>
    private static RotatingCheckpointIO Make()
    {
        var store = new InMemoryCheckpointIO();
        using var module = new PolicyModule();
        using var strategy = new SingleDeviceStrategy(store);
        new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [Callback()]).Fit(module, PolicyModule.Data(2));
        Assert.AreSequenceEqual([Older, Newer], store.Paths);
        var io = new RotatingCheckpointIO(store, store[Older].Share(), store[Newer].Share());
        store.RemoveCheckpointAsync(Newer, CancellationToken.None).GetAwaiter().GetResult();
        return io;
    }

    /// <summary>A folder in which the test replaces one file by the other before a call.</summary>
    private sealed class RotatingCheckpointIO(InMemoryCheckpointIO store, TrainingState older, TrainingState newer)
        : WrappingCheckpointIO(store), IDisposable
    {
        private bool _isTold;

        /// <summary>Called with the name of the call and the path.</summary>
        public Action<string, string> Before { get; set; } = (_, _) => { };

        public int Rotations { get; private set; }

        public void Rotate()
        {
            var isNewer = Rotations++ % 2 == 0;
            store.SaveCheckpointAsync(
                isNewer ? newer : older, isNewer ? Newer : Older, null, CancellationToken.None).GetAwaiter().GetResult();
            store.RemoveCheckpointAsync(isNewer ? Older : Newer, CancellationToken.None).GetAwaiter().GetResult();
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Tell("load", path, () => Inner.LoadCheckpointAsync(path, options, cancellationToken));

        public override Task<CheckpointPosition?> ReadPositionAsync(string path, CancellationToken cancellationToken) =>
            Tell("position", path, () => Inner.ReadPositionAsync(path, cancellationToken));

        public override Task VerifyAsync(string path, CancellationToken cancellationToken) =>
            Tell("verify", path, () => Inner.VerifyAsync(path, cancellationToken));

        public void Dispose()
        {
            older.Dispose();
            newer.Dispose();
        }

        private T Tell<T>(string name, string path, Func<T> call)
        {
            if (!_isTold)
            {
                _isTold = true;
                Before(name, path);
                _isTold = false;
            }

            return call();
        }
    }
}
