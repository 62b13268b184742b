using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Core.Instruments;

[TestClass]
public sealed class RunInstrumentsTests
{
    private static readonly TimeSpan BatchTime = TimeSpan.FromSeconds(0.25);

    [TestMethod]
    public void Fit_Heard_TellsTimesPositionLossAndMetrics()
    {
        using var module = new SmallModule();
        using var observer = new Observer(nameof(Fit_Heard_TellsTimesPositionLossAndMetrics));
        var trainer = Make(
            nameof(Fit_Heard_TellsTimesPositionLossAndMetrics),
            new TrainerOptions { MaxEpochs = 2, AccumulateGradBatches = 2, LogEveryNSteps = 2 });

        trainer.Fit(module, new SmallData(4), new SmallData(2));

        Assert.AreSequenceEqual(Enumerable.Repeat(0.25, 8), observer.Of("training.batch.duration"));
        Assert.AreSequenceEqual(Enumerable.Repeat(0.5, 4), observer.Of("training.step.duration"));
        Assert.AreSequenceEqual(Enumerable.Repeat(4.0, 4), observer.Of("training.batch.rate"));
        Assert.AreEqual(8, observer.Of("training.batches").Sum());
        Assert.AreEqual(4, observer.Of("training.steps").Sum());
        Assert.AreSequenceEqual([0.0, 1, 2, 2, 3, 4, 4], observer.Of("training.step"));
        Assert.AreSequenceEqual([0.0, 1, 2], observer.Of("training.epoch"));
        Assert.AreSequenceEqual([module.Losses[3], module.Losses[7]], observer.Of("training.loss"));

        // As loggers get it: that of every second step, and the mean of every epoch.
        Assert.AreSequenceEqual([module.Losses[3], module.Losses[7]], observer.Of("training.metric", "training.metric.name", "train_loss"));
        var means = observer.Of("training.metric", "training.metric.name", "train_loss_epoch");
        Assert.HasCount(2, means);
        Assert.AreEqual(module.Losses.Take(4).Average(), means[0], 1e-6);
        Assert.AreEqual(module.Losses.Skip(4).Average(), means[1], 1e-6);
        Assert.HasCount(2, observer.Of("training.metric", "training.metric.name", "val_loss"));
        Assert.HasCount(2, observer.Of("training.validation.duration"));
        Assert.AreSequenceEqual([1.0], observer.Of("training.fits", "training.fit.outcome", "completed"));
        Assert.AreSequenceEqual([1.0, -1.0], observer.Of("training.fits.active"));
        Assert.IsTrue(observer.Measurements.All(one => Equals(one.Tags["training.module"], "SmallModule")));
    }

    [TestMethod]
    public void Fit_Heard_IsASpanWithEpochsAndValidationsInside()
    {
        using var module = new SmallModule();
        using var observer = new Observer(nameof(Fit_Heard_IsASpanWithEpochsAndValidationsInside));

        Make(
            nameof(Fit_Heard_IsASpanWithEpochsAndValidationsInside),
            new TrainerOptions { MaxEpochs = 2 }).Fit(module, new SmallData(2), new SmallData(1));

        string[] ended = ["training.validation", "training.epoch", "training.validation", "training.epoch", "training.fit"];
        var spans = observer.Spans.ToList();
        Assert.AreSequenceEqual(ended, spans.Select(span => span.OperationName));
        Assert.AreSame(spans[1], spans[0].Parent);
        Assert.AreSame(spans[4], spans[1].Parent);
        Assert.AreEqual(1, spans[3].GetTagItem("training.epoch"));
        Assert.AreEqual("completed", spans[4].GetTagItem("training.fit.outcome"));
    }

    [TestMethod]
    public void Fit_ThatFails_SaysSo()
    {
        using var module = new SmallModule();
        using var observer = new Observer(nameof(Fit_ThatFails_SaysSo));
        var failing = new LambdaCallback().On<OnTrainEpochEndArguments>(_ => throw new IOException("No more paper."));
        var trainer = Make(nameof(Fit_ThatFails_SaysSo), new TrainerOptions { MaxEpochs = 2 }, failing);

        Assert.ThrowsExactly<IOException>(() => trainer.Fit(module, new SmallData(2)));

        var fit = observer.Spans.Last();
        Assert.AreEqual((ActivityStatusCode.Error, "No more paper."), (fit.Status, fit.StatusDescription));
        Assert.AreEqual("System.IO.IOException", fit.GetTagItem("error.type"));
        Assert.AreSequenceEqual([1.0], observer.Of("training.fits", "training.fit.outcome", "failed"));
        Assert.AreEqual(0, observer.Of("training.fits.active").Sum());
    }

    [TestMethod]
    public void LogMetrics_BeforeTheFirstRun_IsFine() =>
        Make("none", new TrainerOptions()).LogMetrics(new Dictionary<string, double> { ["a"] = 1 });

    private static Trainer Make(string name, TrainerOptions options, Callback? callback = null)
    {
        var time = new FakeTimeProvider();
        var clock = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => time.Advance(BatchTime));
        options.EnableCheckpointing = false;
        return new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            options,
            callback is null ? [clock] : [clock, callback],
            timeProvider: time)
        { Name = name };
    }
}
