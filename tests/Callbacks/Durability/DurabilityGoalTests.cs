namespace Fulgurite.Tests.Callbacks.Durability;

[TestClass]
public sealed class DurabilityGoalTests : SuiteBase
{
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void MaxDataLoss_ThirtySeconds_IsKeptWithTheLatencyOfTheWritesCounted()
    {
        var goal = new DurabilityGoal(TimeSpan.FromSeconds(30), timeProvider: _time);

        var saves = Simulate(goal, steps: 600, stepSeconds: 1, stallSeconds: 0.01, writeSeconds: 8);

        Assert.IsNull(goal.Report.Problem);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(30), goal.Report.WorstLoss);
        Assert.IsGreaterThan(TimeSpan.FromSeconds(25), goal.Report.WorstLoss, "no more often than needed");
        Assert.IsLessThanOrEqualTo(600 / 20, saves);
    }

    [TestMethod]
    public void MaxDataLoss_StorageTooSlow_IsSaidAndSavesFollowEachOther()
    {
        var goal = new DurabilityGoal(TimeSpan.FromSeconds(30), timeProvider: _time);

        Simulate(goal, steps: 600, stepSeconds: 1, stallSeconds: 0.01, writeSeconds: 60);

        Assert.Contains("MaxDataLoss is 30 s, and until a save is durable 61.", goal.Report.Problem!);
        Assert.AreEqual(TimeSpan.Zero, goal.Report.Interval);
        Assert.IsGreaterThan(TimeSpan.FromSeconds(60), goal.Report.WorstLoss);
    }

    [TestMethod]
    public void MaxOverhead_OnePercent_IsKept()
    {
        var goal = new DurabilityGoal(null, 0.01, _time);

        var saves = Simulate(goal, steps: 2000, stepSeconds: 0.1, stallSeconds: 0.2, writeSeconds: 1);

        Assert.IsLessThanOrEqualTo(0.012, goal.Report.Cost);
        Assert.IsGreaterThan(0.008, goal.Report.Cost, "as often as that allows");
        Assert.IsGreaterThanOrEqualTo(9, saves);
    }

    [TestMethod]
    public void BothGoals_CannotBeHad_LosesNoMoreAndSaysWhatItCosts()
    {
        var goal = new DurabilityGoal(TimeSpan.FromSeconds(10), 0.001, _time);

        Simulate(goal, steps: 500, stepSeconds: 1, stallSeconds: 0.5, writeSeconds: 1);

        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(10), goal.Report.WorstLoss);
        Assert.IsGreaterThan(0.01, goal.Report.Cost);
        Assert.Contains("MaxOverhead allows at most one per 500 s", goal.Report.Problem!);
    }

    [TestMethod]
    public void Ended_SaveFailed_IsTriedAgainAtTheNextStep()
    {
        var goal = new DurabilityGoal(TimeSpan.FromSeconds(10), timeProvider: _time);
        goal.Start();
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.IsTrue(IsDue(goal, 1));
        var failed = new SaveOperationSource("last");
        goal.Asked(failed.Operation);
        Assert.IsFalse(IsDue(goal, 2), "one at a time");

        failed.TrySetFailed(new IOException("full"));
        goal.Ended(failed.Operation);

        Assert.IsTrue(IsDue(goal, 2));
        Assert.AreEqual(0, goal.Report.Saves);
    }

    [TestMethod]
    public void IsDue_NothingTrainedSinceTheLastSave_IsNot()
    {
        var goal = new DurabilityGoal(TimeSpan.FromSeconds(10), timeProvider: _time);
        goal.Start();
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.IsTrue(IsDue(goal, 1));
        var save = new SaveOperationSource("last");
        goal.Asked(save.Operation);
        save.TrySetDurable(1, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        goal.Ended(save.Operation);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.IsFalse(IsDue(goal, 1), "a long validation, say");
        Assert.IsTrue(IsDue(goal, 2));
    }

    [TestMethod]
    public void Constructor_NoGoal_IsRefused() => Assert.ThrowsExactly<ArgumentException>(() => new DurabilityGoal(null));

    [TestMethod]
    public void ModelCheckpoint_MaxDataLoss_SavesTheNewestBesideTheBest()
    {
        var clock = new HookCallback { BeforeStep = () => _time.Advance(TimeSpan.FromSeconds(1)) };
        List<SaveOptions> saves = [];
        var durable = new LambdaCallback().On<OnCheckpointDurableArguments>(arguments => saves.Add(arguments.Operation.Options));

        var run = Fit(
            o => (o.Monitor, o.MaxDataLoss) = ("val", TimeSpan.FromSeconds(4)),
            batches: 20,
            others: [clock, durable],
            time: _time).Succeeded();

        Assert.IsTrue(saves.Exists(options => options.IsResumePoint));
        Assert.IsTrue(saves.TrueForAll(options => options.DurableWithin == (options.IsResumePoint ? TimeSpan.FromSeconds(4) : null)));

        Assert.AreSequenceEqual(["epoch=0-step=20.ckpt", "last.ckpt"], Files());
        Assert.AreEqual(1, run.IO.Saves.Count(name => name != "last.ckpt"), "the best once, after the validation");
        Assert.IsGreaterThanOrEqualTo(5, run.IO.Saves.Count(name => name == "last.ckpt"));
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(4), run.Callback.Durability!.WorstLoss);
    }

    /// <summary>Trains in simulated time: a save stalls its step, and is durable some time later.</summary>
    private int Simulate(DurabilityGoal goal, int steps, double stepSeconds, double stallSeconds, double writeSeconds)
    {
        var saves = 0;
        SaveOperationSource? pending = null;
        var durableAt = TimeSpan.Zero;
        var now = TimeSpan.Zero;
        goal.Start();
        for (var step = 1; step <= steps; step++)
        {
            Advance(stepSeconds);
            if (pending is not null && now >= durableAt)
            {
                pending.TrySetDurable(1, TimeSpan.Zero, TimeSpan.FromSeconds(writeSeconds));
                goal.Ended(pending.Operation);
                pending = null;
            }

            if (IsDue(goal, step))
            {
                saves++;
                pending = new SaveOperationSource("last");
                goal.Asked(pending.Operation);
                Advance(stallSeconds);
                pending.AddStall(TimeSpan.FromSeconds(stallSeconds));
                durableAt = now + TimeSpan.FromSeconds(writeSeconds);
            }
        }

        return saves;

        void Advance(double seconds)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            now += TimeSpan.FromSeconds(seconds);
        }
    }

    private static bool IsDue(DurabilityGoal goal, long step) =>
        goal.IsDue(new CheckpointMoment(CheckpointMomentKind.TrainBatchEnd, step, 0, true, false));
}
