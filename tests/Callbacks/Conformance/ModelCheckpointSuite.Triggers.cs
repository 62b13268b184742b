namespace Fulgurite.Tests.Callbacks.Conformance;

// When it saves.
public abstract partial class ModelCheckpointSuite
{
    [TestMethod]
    [TestProperty("Behaviour", "CF2")]
    [DataRow(1, null, 1)]
    [DataRow(2, null, 2)]
    [DataRow(1, 4, 4)]
    [DataRow(2, 5, 6)]
    public void Default_EveryValidation_SavesOnce(int epochs, int? interval, int expected)
    {
        var run = Fit(epochs: epochs, batches: 16, trainer: o => o.ValidationInterval = interval).Succeeded();

        Assert.HasCount(expected, run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC24")]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void EveryNEpochs_FiveEpochs_SavesInThoseThatItDivides(int every)
    {
        Fit(o => (o.EveryNEpochs, o.SaveTopK) = (every, -1), epochs: 5).Succeeded();

        var expected = Enumerable.Range(0, 5)
            .Where(epoch => every > 0 && (epoch + 1) % every == 0)
            .Select(epoch => (epoch, (epoch + 1) * 4));
        Assert.AreSequenceEqual(Named([.. expected]), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC25")]
    public void EveryNTrainSteps_SixteenOfTwoEpochsOf64_SavesEightTimes()
    {
        Fit(o => (o.EveryNTrainSteps, o.SaveTopK, o.Filename) = (16, -1, "{step}"), epochs: 2, batches: 64).Succeeded();

        Assert.AreSequenceEqual(Enumerable.Range(1, 8).Select(number => $"step={number * 16}.ckpt").Order(StringComparer.Ordinal), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC26")]
    public void TrainTimeInterval_SevenSecondsABatchAndAMinute_SavesFourteenTimes()
    {
        var time = new FakeTimeProvider();
        var clock = new HookCallback { BeforeStep = () => time.Advance(TimeSpan.FromSeconds(7)) };

        Fit(
            o => (o.TrainTimeInterval, o.SaveTopK) = (TimeSpan.FromMinutes(1), -1),
            epochs: 2,
            batches: 64,
            validations: 0,
            others: [clock],
            time: time).Succeeded();

        Assert.HasCount(14, Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC27")]
    public void ValidationWithinEpochs_SavesAfterEachOfThem()
    {
        Fit(
            o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{step}"),
            batches: 10,
            trainer: o => o.ValidationInterval = 2).Succeeded();

        Assert.AreSequenceEqual(new[] { 2, 4, 6, 8, 10 }.Select(step => $"step={step}.ckpt").Order(StringComparer.Ordinal), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC28")]
    public void ValidationEverySecondEpoch_SavesInThoseOnly()
    {
        Fit(o => (o.Monitor, o.SaveTopK) = ("val", -1), epochs: 4, trainer: o => o.CheckValidationEveryNEpochs = 2).Succeeded();

        Assert.AreSequenceEqual(Named((1, 8), (3, 16)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD3")]
    [TestProperty("Behaviour", "MD6")]
    [DataRow(true)]
    [DataRow(false)]
    public void ValidationEverySecondEpoch_StepOrTimeTrigger_WaitsForIt(bool byStep)
    {
        var run = Fit(
            o =>
                (
                    o.Monitor,
                    o.SaveTopK,
                    o.EveryNTrainSteps,
                    o.TrainTimeInterval) = ("val", -1, byStep ? 1 : null, byStep ? null : TimeSpan.Zero),
            epochs: 4,
            trainer: o => o.CheckValidationEveryNEpochs = 2).Succeeded();

        Assert.AreSequenceEqual(["epoch=1-step=8.ckpt", "epoch=3-step=16.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC30")]
    public void StateDict_OfOtherCallbacks_IsAskedForOnceASave()
    {
        var counter = new StateCounter();

        var run = Fit(o => (o.Monitor, o.SaveLast) = ("val", true), epochs: 3, others: [counter]).Succeeded();

        Assert.AreEqual(3, counter.Asked - counter.AskedBeforeTraining, "one capture for the best and the last together");
        Assert.HasCount(6, run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC34")]
    [DataRow(4)]
    [DataRow(7)]
    public void ValidationWithinEpochs_FilesCountTheStepsThatAreLeftOver(int interval)
    {
        Fit(
            o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{step}"),
            epochs: 2,
            batches: 16,
            trainer: o => o.ValidationInterval = interval).Succeeded();

        var steps = Enumerable.Range(0, 2)
            .SelectMany(epoch => Enumerable.Range(1, 16 / interval).Select(number => (epoch * 16) + (number * interval)))
            .ToList();
        Assert.AreSequenceEqual(steps.Select(step => $"step={step}.ckpt").Order(StringComparer.Ordinal), Files());
        foreach (var step in steps)
        {
            using var state = Load($"step={step}.ckpt");
            Assert.AreEqual(step, state["global_step"].AsInteger());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD1")]
    public void StepTrigger_MetricOfTheStep_SavesAtTheStep()
    {
        var run = Fit(
            o => (o.Monitor, o.Mode, o.EveryNTrainSteps) = ("train", MonitorMode.Max, 1),
            new PolicyModule { Train = step => step },
            batches: 4).Succeeded();

        Assert.AreEqual(4.0, run.Callback.BestModelScore);
        Assert.AreSequenceEqual(Named((0, 4)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD2")]
    public void TimeTrigger_MetricOfTheValidation_WaitsForIt()
    {
        double[] scores = [0.2, 0.7, 0.5];

        var run = Fit(
            o => (o.Monitor, o.Mode, o.TrainTimeInterval) = ("val", MonitorMode.Max, TimeSpan.Zero),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

        Assert.AreEqual(0.7, run.Callback.BestModelScore);
        Assert.AreSequenceEqual(Named((1, 8)), Files());
        Assert.AreSequenceEqual(["epoch=0-step=4.ckpt", "epoch=1-step=8.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD5")]
    public void StepTrigger_ValidationInMidEpoch_SavesAfterValidationsOnly()
    {
        Fit(
            o => (o.Monitor, o.EveryNTrainSteps, o.SaveTopK) = ("val", 1, -1),
            epochs: 2,
            batches: 4,
            trainer: o => o.ValidationInterval = 2).Succeeded();

        Assert.AreSequenceEqual(Named((0, 2), (0, 4), (1, 6), (1, 8)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD7")]
    public void StepTrigger_EveryEpoch_ComparesTheMetricOfThatEpoch()
    {
        double[] scores = [0.1, 0.5, 0.9];

        var run = Fit(
            o => (o.Monitor, o.Mode, o.EveryNTrainSteps, o.SaveTopK) = ("val", MonitorMode.Max, 4, -1),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

        Assert.AreSequenceEqual(scores.Order(), run.Callback.BestKModels.Values.Order());
        Assert.AreEqual("epoch=2-step=12.ckpt", run.Best);
        using var state = Load("epoch=2-step=12.ckpt");
        Assert.AreEqual(0.9, StateOf(state, run.Callback)["current_score"].AsReal(), "not that of the epoch before");
    }
}
