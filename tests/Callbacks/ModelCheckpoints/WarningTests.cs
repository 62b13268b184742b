namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Each silent mistake is reported by one warning with the remedy.</summary>
[TestClass]
public sealed class WarningTests : IDisposable
{
    private readonly InMemoryCheckpointIO _store = new();
    private readonly CollectingLogger<ModelCheckpoint> _log = new();

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [TestMethod]
    public void Fit_EndsBeforeItsMetricCouldBeMissed_WarnsOnce()
    {
        var (best, stopping) = (new CollectingLogger<BestInMemoryCheckpoint>(), new CollectingLogger<EarlyStopping>());
        using var memory = new BestInMemoryCheckpoint(new() { DirPath = "mem://run", Monitor = "never" }, logger: best);

        Fit(3, new ModelCheckpoint(new() { DirPath = "mem://run", Monitor = "never" }, logger: _log), memory,
            new EarlyStopping(new() { Monitor = "never" }, stopping));

        foreach (var messages in new[] { _log.Messages, best.Messages, stopping.Messages })
        {
            Assert.HasCount(1, messages);
            Assert.Contains("'never', which was not logged", messages[0]);
            Assert.Contains("train", messages[0]);
        }
    }

    [TestMethod]
    public void Fit_MetricIsLogged_SaysNothing()
    {
        Fit(3, new ModelCheckpoint(new() { DirPath = "mem://run", Monitor = "train", EveryNTrainSteps = 1 }, logger: _log));
        Fit(3, new ModelCheckpoint(new() { DirPath = "mem://other", Monitor = "step", EveryNTrainSteps = 1 }, logger: _log));

        Assert.IsEmpty(_log.Messages);
    }

    [TestMethod]
    [DataRow(true, "saves under other names")]
    [DataRow(false, "overwrites them")]
    public void Fit_AnewInAFolderWithCheckpoints_WarnsOnce(bool countsVersions, string expected)
    {
        ModelCheckpointOptions options =
            new() { DirPath = "mem://run", SaveTopK = 0, SaveLast = true, EnableVersionCounter = countsVersions };
        ModelCheckpoint Make() => new(options, logger: _log);
        Fit(8, Make());
        Fit(16, "last", Make());
        Assert.IsEmpty(_log.Messages, "a first run and one that goes on");

        Fit(8, Make());

        Assert.HasCount(1, _log.Messages);
        Assert.Contains("'mem://run' contains checkpoints of an earlier run, such as last.ckpt", _log.Messages[0]);
        Assert.Contains(expected, _log.Messages[0]);
        Assert.Contains("Resume.IfPossible", _log.Messages[0]);
    }

    [TestMethod]
    public void Fit_ResumedFromAnOlderFileThanTheLastOne_WarnsOnceThatItIsReplaced()
    {
        ModelCheckpoint Make() => new(
            new() { DirPath = "mem://run", Filename = "{step}", SaveTopK = -1, EveryNTrainSteps = 4, SaveLast = true }, logger: _log);
        Fit(8, Make());
        Fit(12, "mem://run/last.ckpt", Make());
        Fit(16, "mem://run/step=12.ckpt", Make());
        Assert.IsEmpty(_log.Messages, "nothing newer is replaced");

        Fit(20, "mem://run/step=4.ckpt", Make());

        Assert.HasCount(1, _log.Messages);
        Assert.Contains("'mem://run/last.ckpt' holds step 16, which is newer than step 4 of 'mem://run/step=4.ckpt'", _log.Messages[0]);
        Assert.Contains("DirPath", _log.Messages[0]);
    }

    [TestMethod]
    [DataRow(1, "The best one now will be the next one that is saved")]
    [DataRow(2, "The best one now is 'mem://run/step=4.ckpt'")]
    public async Task Fit_ResumedFileNamesABestThatIsNotThere_WarnsOnceWhichAndWhatIsTheBestNow(int kept, string expected)
    {
        ModelCheckpointOptions options = new()
        {
            DirPath = "mem://run",
            Filename = "{step}",
            Monitor = "train",
            Mode = MonitorMode.Max,
            SaveTopK = kept,
            EveryNTrainSteps = 4,
            SaveLast = true,
        };
        ModelCheckpoint Make() => new(options, logger: _log);
        Fit(8, Make());
        Fit(12, "mem://run/last.ckpt", Make());
        Assert.IsEmpty(_log.Messages, "It is there.");
        await _store.RemoveCheckpointAsync("mem://run/step=12.ckpt", CancellationToken.None);
        await _store.RemoveCheckpointAsync("mem://run/step=8.ckpt", CancellationToken.None);
        if (kept == 2)
        {
            Fit(4, new ModelCheckpoint(options));
        }

        Fit(16, "mem://run/last.ckpt", Make());

        Assert.HasCount(1, _log.Messages);
        Assert.Contains("'mem://run/last.ckpt' names 'mem://run/step=12.ckpt' as the best checkpoint", _log.Messages[0]);
        Assert.Contains(expected, _log.Messages[0]);
    }

    private void Fit(long steps, params Callback[] callbacks) => Fit(steps, null, callbacks);

    private void Fit(long steps, string? resume, params Callback[] callbacks)
    {
        using var strategy = new SingleDeviceStrategy(_store);
        using var module = new PolicyModule { Train = step => step };
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxSteps = steps }, callbacks);
        trainer.Fit(module, PolicyModule.Data(8), checkpointPath: resume);
    }
}
