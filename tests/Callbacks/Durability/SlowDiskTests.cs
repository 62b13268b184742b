namespace Fulgurite.Tests.Callbacks.Durability;

/// <summary>A metric that improves at every step, and storage that does not keep up: what a crash would lose, in simulated time.</summary>
[TestClass]
public sealed class SlowDiskTests : SuiteBase
{
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void MaxDataLoss_StorageKeepsUpWithLastAlone_IsKeptWithinOneAndAHalfTimes()
    {
        var disk = new SlowDisk(_time, TimeSpan.FromMilliseconds(100));

        var run = Train(disk, steps: 300, stepTime: TimeSpan.FromMilliseconds(20), o => o.MaxDataLoss = TimeSpan.FromSeconds(1));

        Assert.IsNull(run.Failure, run.Failure?.ToString());
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(1.5), run.WorstLoss);
        Assert.IsGreaterThan(10, disk.Written.Count(write => write.Name != "last.ckpt"), "the best ones get their turn");
        Assert.IsLessThanOrEqualTo(6, disk.MostFiles);
        Assert.AreEqual(300L, disk.Files["last.ckpt"]);
        Assert.HasCount(4, disk.Files);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_DiskHasRoomForSixFilesOfWhichFourAreNeeded_FailsNoSave(bool background)
    {
        var disk = new SlowDisk(_time, TimeSpan.FromMilliseconds(100), room: 6);

        var run = Train(disk, steps: 60, stepTime: TimeSpan.FromMilliseconds(20), _ => { }, background: background);

        Assert.IsNull(run.Failure, run.Failure?.ToString());
        Assert.AreSequenceEqual(
            ["epoch=0-step=58.ckpt", "epoch=0-step=59.ckpt", "epoch=0-step=60.ckpt", "last.ckpt"],
            disk.Files.Keys.Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public void Fit_ToldToStopWhileWritesTakeFiveSeconds_HasTheNewestStateWithinThirty()
    {
        var disk = new SlowDisk(_time, TimeSpan.FromSeconds(5));

        var run = Train(disk, steps: 1000, stepTime: TimeSpan.FromSeconds(1), _ => { }, stopAt: 43);

        var newest = disk.Written.First(write => write.Name == "last.ckpt" && write.Step == 43);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(30), newest.At - run.StoppedAt);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(10), newest.At - run.StoppedAt, "the one that is being written, and this one");
    }

    [TestMethod]
    public void MaxDataLoss_CannotBeMet_WritesOneOfTheBestAtATimeAndSaysSo()
    {
        var disk = new SlowDisk(_time, TimeSpan.FromSeconds(3));

        var run = Train(disk, steps: 200, stepTime: TimeSpan.FromSeconds(0.5), o => o.MaxDataLoss = TimeSpan.FromSeconds(1));

        Assert.IsGreaterThan(100, run.Callback.Durability!.Skipped);
        Assert.Contains("of the best ones only one at a time", run.Callback.Durability.Problem!);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(10), run.WorstLoss, "two writes of last, one of the best between them, and a step");
    }

    private Run Train(
        SlowDisk disk, int steps, TimeSpan stepTime, Action<ModelCheckpointOptions> configure, bool background = true, int? stopAt = null)
    {
        var options = new ModelCheckpointOptions
        {
            DirPath = Folder,
            Monitor = "train",
            SaveTopK = 3,
            SaveLast = true,
            EveryNTrainSteps = 1,
        };
        configure(options);
        var callback = new ModelCheckpoint(options, _time);
        var io = new PendingCheckpointIO(
            background ? new AsyncCheckpointIO(disk, new AsyncCheckpointOptions { HugePages = false }, _time) : disk);
        if (!background)
        {
            disk.RunSynchronously();
        }

        using var stop = new CancellationTokenSource();
        using var strategy = new SingleDeviceStrategy(io);
        using var module = new PolicyModule { Train = step => 1.0 / step };
        var run = new Run(callback);
        var finishedAt = new Dictionary<long, TimeSpan> { [0] = TimeSpan.Zero };
        var clock = new HookCallback
        {
            BeforeStep = () =>
            {
                if (background)
                {
                    disk.Advance(stepTime, io);
                }

                finishedAt[finishedAt.Count] = disk.Now;
                var durable = disk.Files.TryGetValue("last.ckpt", out var step) ? step : 0;
                var loss = disk.Now - finishedAt[durable];
                run.WorstLoss = loss > run.WorstLoss ? loss : run.WorstLoss;
                if (finishedAt.Count - 1 == stopAt)
                {
                    stop.Cancel();
                    run.StoppedAt = disk.Now;
                }
                else if (finishedAt.Count - 1 == steps)
                {
                    disk.RunFree();
                }
            },
        };
        try
        {
            new Trainer(
                strategy,
                new TrainerOptions { MaxSteps = steps, MaxEpochs = 1, DefaultRootDirectory = Folder },
                [clock, callback, new Ends(disk)],
                timeProvider: _time)
                .Fit(module, PolicyModule.Data(steps), cancellationToken: stop.Token);
        }
        catch (OperationCanceledException)
        {
        }
        catch (CheckpointException exception)
        {
            run.Failure = exception;
        }

        return run;
    }

    /// <summary>Follows the other one, as a checkpoint callback too: what that removes is asked for by now.</summary>
    private sealed class Ends(SlowDisk disk) : Checkpoint
    {
        public override string StateKey => "ends";

        public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments) => disk.Told();
    }

    private sealed record Run(ModelCheckpoint Callback)
    {
        public TimeSpan WorstLoss { get; set; }

        public TimeSpan StoppedAt { get; set; }

        public Exception? Failure { get; set; }
    }
}
