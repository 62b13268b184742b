using Fulgurite.State;

namespace Fulgurite.Testing.Conformance;

/// <content>Checkpoints: one process writes, all receive the result.</content>
public abstract partial class StrategyConformance
{
    /// <summary>A state saved by all processes is written once, and read by all.</summary>
    [TestMethod]
    public void SaveCheckpoint_ByAll_IsWrittenOnceAndReadByAll()
    {
        if (!TakesCheckpointIO())
        {
            return;
        }

        using var shared = new FenceProbe(new InMemoryCheckpointIO());
        WithShared(shared, (strategy, _) =>
        {
            using var state = SampleStates.Small(5);
            var operation = strategy.SaveCheckpoint(state, "a", null);
            strategy.SettleCheckpoints();
            strategy.TearDown();

            Assert.AreEqual("a", operation.Path, StringComparer.Ordinal);
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
            using var loaded = strategy.LoadCheckpoint("a", null);
            Assert.AreEqual(5, SampleStates.StepOf(loaded));
            strategy.Collectives.Barrier();
            strategy.RemoveCheckpointAsync("a").GetAwaiter().GetResult();
            strategy.Collectives.Barrier();
            Assert.ThrowsExactly<CheckpointNotFoundException>(() => strategy.LoadCheckpoint("a", null));
        });

        Assert.AreEqual(1, ((InMemoryCheckpointIO)shared.Inner).Writes);
        Assert.AreEqual(1, shared.Removals);
    }

    /// <summary>A failed save is reported by name in all processes; other saves are unaffected.</summary>
    [TestMethod]
    public void SaveCheckpoint_ThatFails_IsKnownToAllAndSpoilsNothing()
    {
        if (!TakesCheckpointIO())
        {
            return;
        }

        using var shared = new FenceProbe(
            new FlakyCheckpointIO(new InMemoryCheckpointIO(), (path, _) => path == "bad" ? new IOException("The disk is full.") : null));
        WithShared(shared, (strategy, _) =>
        {
            using var state = SampleStates.Small(1);
            var failing = strategy.SaveCheckpoint(state, "bad", null);
            var next = strategy.SaveCheckpoint(state, "good", null);
            strategy.TearDown();

            Assert.AreEqual(CheckpointOutcome.Failed, failing.Outcome);
            Assert.AreEqual("bad", failing.Failure!.Path, StringComparer.Ordinal);
            Assert.Contains("The disk is full.", failing.Failure.Message, StringComparison.Ordinal);
            Assert.AreEqual(CheckpointOutcome.Durable, next.Outcome);
        });
    }

    /// <summary>All processes observe the end of a save at the same call, and none before it has ended.</summary>
    [TestMethod]
    public void SettleCheckpoints_SaveUnderWay_AllHearOfItsEndTogether()
    {
        if (!TakesCheckpointIO())
        {
            return;
        }

        var source = new TaskCompletionSource();
        using var shared = new FenceProbe(new LaterCheckpointIO(source.Task));
        WithShared(shared, (strategy, _) =>
        {
            using var state = SampleStates.Small(1);
            var operation = strategy.SaveCheckpoint(state, "a", null);
            strategy.SettleCheckpoints();
            Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
            strategy.Collectives.Barrier();
            source.TrySetResult();
            strategy.CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
            strategy.Collectives.Barrier();
            strategy.SettleCheckpoints();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        });
    }

    /// <summary>The end of a run completes its saves.</summary>
    [TestMethod]
    public void TearDown_SavesUnderWay_EndsThem()
    {
        if (!TakesCheckpointIO())
        {
            return;
        }

        var source = new TaskCompletionSource();
        using var shared = new FenceProbe(new LaterCheckpointIO(source.Task, () => source.TrySetResult()));
        WithShared(shared, (strategy, _) =>
        {
            using var state = SampleStates.Small(1);
            var operations = Enumerable.Range(0, 3).Select(number => strategy.SaveCheckpoint(state, $"{number}", null)).ToList();
            strategy.TearDown();
            Assert.IsTrue(operations.TrueForAll(operation => operation.Outcome == CheckpointOutcome.Durable));
        });
    }

    /// <summary>Disposing disposes the CheckpointIO; disposing again has no effect.</summary>
    [TestMethod]
    public void Dispose_Twice_DisposesTheCheckpointIO()
    {
        if (!TakesCheckpointIO())
        {
            return;
        }

        var io = new FenceProbe();
        Ranks.Run(1, _ =>
        {
            var strategy = Create(io, 0, new ProcessGroup(WorldSize));
            strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
            strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
        });
        Assert.IsTrue(io.Disposals > 0);
    }

    private bool TakesCheckpointIO()
    {
        var io = new FenceProbe();
        var strategy = Create(io, 0, new ProcessGroup(WorldSize));
        using var disposal = new Disposal(strategy);
        return strategy.SupportsCustomCheckpointIO;
    }

    /// <summary>Creates an implementation per process, all on the same storage.</summary>
    private void WithShared(CheckpointIO storage, Action<IStrategy, int> body)
    {
        var group = new ProcessGroup(WorldSize);
        Ranks.Run(WorldSize, rank =>
        {
            var strategy = Create(new Undisposed(storage), rank, group);
            using var disposal = new Disposal(strategy);
            body(strategy, rank);
        });
    }

    /// <summary>Forwards to a shared implementation without disposing it.</summary>
    private sealed class Undisposed(CheckpointIO shared) : CheckpointIO
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
            shared.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            shared.LoadCheckpointAsync(path, options, cancellationToken);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
            shared.RemoveCheckpointAsync(path, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => shared.FlushAsync(cancellationToken);
    }

    /// <summary>Reports saves as durable once a task has completed.</summary>
    private sealed class LaterCheckpointIO(Task until, Action? onFlush = null) : CheckpointIO
    {
        private readonly List<Task> _saves = [];

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            var source = new SaveOperationSource(path, context?.Options);
            source.SetCaptured(0);
            context?.Accept(source.Operation);
            _saves.Add(EndAsync(source));
            return _saves[^1];
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onFlush?.Invoke();
            return Task.WhenAll(_saves);
        }

        private async Task EndAsync(SaveOperationSource source)
        {
            await until.ConfigureAwait(false);
            source.TrySetDurable(0, TimeSpan.Zero, TimeSpan.Zero);
        }
    }
}
