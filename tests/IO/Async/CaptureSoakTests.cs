namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Captures while everything changes. Long with FULGURITE_SLOW=1: a million captures within the fence, and ten thousand outside of it.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class CaptureSoakTests(TestContext context)
{
    private static readonly bool IsLong = string.Equals(
        Environment.GetEnvironmentVariable("FULGURITE_SLOW"), "1", StringComparison.Ordinal);

    [TestMethod]
    [Timeout(3_600_000)]
    public async Task Capture_ChangesBetweenFenceAndSave_IsNeverTorn()
    {
        var captures = IsLong ? 1_000_000 : 20_000;
        var checker = new TornCheckingCheckpointIO();
        using var parameters = new LiveMemory(48 << 10);
        using var moments = new LiveMemory(6 << 10);
        using var statistics = new LiveMemory(2 << 10);
        await using var io = new AsyncCheckpointIO(checker);
        var random = new Random(1);
        var operations = new Queue<SaveOperation>();
        for (var step = 1; step <= captures; step++)
        {
            // What an optimizer step does after the fence, and what a forward pass does at any time.
            io.BeforeParametersChange();
            parameters.As<int>().Fill(step);
            moments.As<int>().Fill(step);
            statistics.As<int>().Fill(step);
            var options = random.Next(3) == 0 ? null : new SaveOptions { Slot = "last" };
            operations.Enqueue(io.Submit(State(step, parameters, moments, statistics), "last", options));
            statistics.As<int>().Fill(-step);
            if (random.Next(8) == 0)
            {
                operations.Enqueue(io.Submit(State(step, parameters, moments, statistics), "best", options));
            }

            while (operations.Count > 100)
            {
                AssertFine(operations.Dequeue());
            }
        }

        await io.FlushAsync(context.CancellationToken);
        foreach (var operation in operations)
        {
            AssertFine(operation);
        }

        Assert.AreEqual(0, checker.Torn, $"of {checker.Seen} written snapshots");
        Assert.AreEqual(0, io.Statistics.Torn);
        Assert.IsGreaterThan(captures / 4, checker.Seen);
        context.WriteLine($"{io.Statistics.Captures} captures, {checker.Seen} written, {io.Statistics.Superseded} superseded, 0 torn.");
    }

    [TestMethod]
    [Timeout(3_600_000)]
    public async Task Capture_AnotherThreadChangesOutsideOfTheFence_IsRefusedOrWhole()
    {
        var captures = IsLong ? 20_000 : 500;
        var checker = new TornCheckingCheckpointIO();
        var (failed, unseen) = (0, 0);
        using var memory = new LiveMemory(2 << 20);
        using (var mutator = new Mutator(memory))
        {
            for (var step = 0; step < captures; step++)
            {
                // A new one each time: one that has met a change captures everything before it returns from then on.
                var gate = new GatedCheckpointIO(checker);
                await using var io = new AsyncCheckpointIO(gate);
                var state = new TrainingState { ["state_dict"] = new StateMap { ["w"] = memory.AsTensor(ScalarType.Int32) } };
                var isHeldUp = step % 2 == 0;
                if (!isHeldUp)
                {
                    gate.Open();
                }

                var operation = io.Submit(state, "a", null);
                mutator.Change();
                mutator.Wait();
                io.BeforeParametersChange();
                gate.Open();
                failed += await operation.Completion == CheckpointOutcome.Failed ? 1 : 0;
                unseen += isHeldUp && io.IsOverlapping ? 1 : 0;
            }
        }

        Assert.AreEqual(0, checker.Torn, $"of {checker.Seen} written snapshots");
        Assert.AreEqual(0, unseen, "A change outside of the fence went unseen while the save was under way.");
        Assert.IsGreaterThanOrEqualTo(captures / 2, failed);
        context.WriteLine($"{captures} captures, {failed} refused, {checker.Seen} written, 0 of them torn.");
    }

    private static TrainingState State(int step, LiveMemory parameters, LiveMemory moments, LiveMemory statistics) => new()
    {
        ["global_step"] = step,
        ["state_dict"] = new StateMap
        {
            ["weight"] = parameters.AsTensor(ScalarType.Int32),
            ["running_mean"] = statistics.AsTensor(ScalarType.Int32, TensorStability.Volatile),
        },
        ["optimizer"] = new StateMap { ["exp_avg"] = moments.AsTensor(ScalarType.Int32) },
    };

    private static void AssertFine(SaveOperation operation) =>
        Assert.AreNotEqual(CheckpointOutcome.Failed, operation.Outcome, operation.Failure?.Message);

    /// <summary>Writes nothing and looks whether every tensor holds one number, that of the step where it has to be.</summary>
    private sealed class TornCheckingCheckpointIO : CheckpointIO
    {
        private int _torn;
        private int _seen;

        public int Torn => Volatile.Read(ref _torn);

        public int Seen => Volatile.Read(ref _seen);

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(checkpoint);
            Interlocked.Increment(ref _seen);
            var isTorn = checkpoint.Tensors().Any(tensor => Mutator.IsTorn(tensor.Value));
            if (checkpoint.Root.TryGetValue("global_step", out var step))
            {
                var expected = (int)step.AsInteger();
                isTorn |= First(checkpoint, "state_dict.weight") != expected;
                isTorn |= First(checkpoint, "optimizer.exp_avg") != expected;
                isTorn |= Math.Abs(First(checkpoint, "state_dict.running_mean")) != expected;
            }

            if (isTorn)
            {
                Interlocked.Increment(ref _torn);
            }

            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new CheckpointNotFoundException(path);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        private static int First(TrainingState state, string path) =>
            System.Runtime.InteropServices.MemoryMarshal.Read<int>(state.Find(path)!.AsTensor().Storage.GetBytes(0, sizeof(int)));
    }
}
