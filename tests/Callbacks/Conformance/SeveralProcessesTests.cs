namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Checkpoints of processes that train together.</summary>
[TestClass]
public sealed class SeveralProcessesTests
{
    [TestMethod]
    [TestProperty("Behaviour", "CF4")]
    [TestProperty("Behaviour", "CF5")]
    [TestProperty("Behaviour", "MC30")]
    [DataRow(1, 2)]
    [DataRow(2, 4)]
    public void Fit_TwoRanks_OnlyTheFirstWritesAndBothKnowTheBest(int epochs, int expected)
    {
        var stores = new[] { new InMemoryCheckpointIO(), new InMemoryCheckpointIO() };
        var best = new string?[2];

        Run(2, (group, rank) =>
        {
            var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = "mem://run", SaveLast = true, SaveTopK = -1 });
            Fit(new InProcessStrategy(stores[rank], group, rank), callback, epochs);
            best[rank] = callback.BestModelPath;
        });

        Assert.AreEqual(expected, stores[0].Writes);
        Assert.AreEqual(0, stores[1].Writes);
        Assert.AreEqual($"mem://run/epoch={epochs - 1}-step={epochs * 2}.ckpt", best[0]);
        Assert.AreEqual(best[0], best[1]);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CF4")]
    public void Fit_ClocksThatDiffer_SaveAtTheSameSteps()
    {
        var stores = new[] { new InMemoryCheckpointIO(), new InMemoryCheckpointIO() };
        var saved = new long[2];

        Run(2, (group, rank) =>
        {
            var time = new FakeTimeProvider();
            var callback = new ModelCheckpoint(
                new ModelCheckpointOptions { DirPath = "mem://run", TrainTimeInterval = TimeSpan.FromSeconds(1), SaveTopK = -1 }, time);
            var clock = new Doubles.HookCallback { BeforeStep = () => time.Advance(TimeSpan.FromSeconds(rank == 0 ? 0.1 : 1)) };
            Fit(new InProcessStrategy(stores[rank], group, rank), callback, 2, clock);
            saved[rank] = callback.LastGlobalStepSaved;
        });

        Assert.AreEqual(saved[0], saved[1]);
        Assert.AreEqual(4, saved[0], "one clock that says so is enough");
    }

    private static void Run(int ranks, Action<ProcessGroup, int> body)
    {
        var group = new ProcessGroup(ranks);
        Ranks.Run(ranks, rank => body(group, rank));
    }

    private static void Fit(InProcessStrategy strategy, ModelCheckpoint callback, int epochs, Callback? other = null)
    {
        using var module = new PolicyModule();
        try
        {
            Callback[] callbacks = other is null ? [callback] : [other, callback];
            new Trainer(
                strategy, new TrainerOptions { MaxEpochs = epochs }, callbacks).Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));
        }
        finally
        {
            strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
