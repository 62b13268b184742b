using System.Collections.Concurrent;
using TorchSharp;
using TorchSharp.Modules;

namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Copies made by the optimizer step that follows a save, against copies made at once. Long with FULGURITE_SLOW=1: 100,000 steps
/// with saves.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class StepCopySoakTests(TestContext context) : IDisposable
{
    private static readonly bool IsLong = string.Equals(
        Environment.GetEnvironmentVariable("FULGURITE_SLOW"), "1", StringComparison.Ordinal);

    private readonly Parameter _second = nn.Parameter(zeros(2_500));
    private readonly Tensor _buffer = zeros(2_000);

    [TestCleanup]
    public void Dispose()
    {
        _second.Dispose();
        _buffer.Dispose();
    }

    [TestMethod]
    [Timeout(1_800_000)]
    public async Task Submit_AtEveryStep_IsWhatACopyAtOnceWouldBe()
    {
        var steps = IsLong ? 100_000 : 1_000;
        var checker = new ComparingCheckpointIO();
        using var training = new StepCopyTraining(checker, new AsyncCheckpointOptions { ValidateCaptures = !IsLong }, amsgrad: true);
        using var sgd = new FusedSgd([_second], 1e-2, 0.9);
        var io = training.CheckpointIO;
        var random = new Random(1);
        manual_seed(1);
        var operations = new Queue<SaveOperation>();
        for (var step = 1; step <= steps; step++)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            operations.Enqueue(Save(training, checker, sgd, step, "last", random.Next(3) == 0 ? null : new SaveOptions { Slot = "last" }));

            // What a forward pass does, and saves that come before the next step.
            using (Scalar value = step)
            {
                _buffer.fill_(value);
            }

            if (random.Next(8) == 0)
            {
                operations.Enqueue(Save(training, checker, sgd, 1_000_000 + step, "best", null));
            }

            if (random.Next(50) == 0)
            {
                // Not awaited: scopes of tensors belong to this thread.
                io.FlushAsync(context.CancellationToken).GetAwaiter().GetResult();
            }

            if (random.Next(20) == 0)
            {
                io.BeforeParametersChange();
                training.Medium.zero_();
            }

            training.Large.grad = rand(20_000);
            training.Medium.grad = random.Next(5) == 0 ? null : rand(3_000);
            training.Small.grad = rand(9);
            _second.grad = rand(2_500);
            training.Strategy.OptimizerStep(training.Adam);
            if (random.Next(2) == 0)
            {
                training.Strategy.OptimizerStep(sgd);
            }

            while (operations.Count > 50)
            {
                AssertFine(operations.Dequeue());
            }
        }

        await io.FlushAsync(context.CancellationToken);
        foreach (var operation in operations)
        {
            AssertFine(operation);
        }

        Assert.AreEqual(0, checker.Different, $"of {checker.Seen}");
        Assert.IsGreaterThan(steps / 4, checker.Seen);
        Assert.AreEqual(0, io.Statistics.Torn);
        context.WriteLine($"{checker.Seen} snapshots compared, {io.Statistics.Superseded} superseded, 0 differ.");
    }

    private static void AssertFine(SaveOperation operation) =>
        Assert.IsTrue(
            operation.Completion.GetAwaiter().GetResult() is CheckpointOutcome.Durable or CheckpointOutcome.Superseded,
            $"{operation.Outcome}: {operation.Durable.Exception?.InnerException?.Message}");

    private SaveOperation Save(
        StepCopyTraining training, ComparingCheckpointIO checker, FusedSgd sgd, int number, string path, SaveOptions? options)
    {
        var state = training.StateOf(number);
        state["buffer"] = TensorData.FromTensor(_buffer);
        state["second"] = TensorData.FromTensor(_second, TensorStability.UntilOptimizerStep);
        if (((SGD.State)sgd.state_dict().State[0]).momentum_buffer is { } momentum)
        {
            state["momentum"] = TensorData.FromTensor(momentum, TensorStability.UntilOptimizerStep);
        }

        checker.Expect(number, StateCopies.Copy(state));
        return training.CheckpointIO.Submit(state, path, options);
    }

    /// <summary>Compares what it is to write with what is expected by number.</summary>
    private sealed class ComparingCheckpointIO : CheckpointIO
    {
        private readonly ConcurrentDictionary<long, TrainingState> _expected = new();

        public int Seen { get; private set; }

        public int Different { get; private set; }

        public void Expect(long number, TrainingState state)
        {
            _expected[number] = state;
            if (_expected.TryRemove(number - 1_000, out var old))
            {
                old.Dispose();
            }
        }

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            Seen++;
            using var expected = _expected[((StateInteger)checkpoint["number"]).Value].Share();
            var pairs = expected.Tensors().Zip(checkpoint.Tensors());
            Different += pairs.All(
                pair => pair.First.Key == pair.Second.Key && Bytes(pair.First.Value).SequenceEqual(Bytes(pair.Second.Value)))
                ? 0
                : 1;
            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new CheckpointNotFoundException(path);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(false);

        private static ReadOnlySpan<byte> Bytes(TensorData data) =>
            data.Storage.GetBytes(data.StorageOffset * data.Type.ElementByteSize(), (int)data.ByteLength);
    }
}
