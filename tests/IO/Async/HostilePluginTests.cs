namespace Fulgurite.Tests.IO.Async;

/// <summary>Plug-ins and loggers that break their promises on the writer thread, where an exception would end the process.</summary>
[TestClass]
public sealed class HostilePluginTests(TestContext context)
{
    [TestMethod]
    public async Task Submit_FreeSpaceIsNotKnown_IsDurableAndTheNextToo()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(new SpacelessCheckpointIO(store));
        await io.Submit(SampleStates.Small(1), "a", null).Durable;
        await io.Submit(SampleStates.Small(2), "b", null).Durable;
        Assert.AreSequenceEqual(["a", "b"], store.Paths);
    }

    [TestMethod]
    public async Task Submit_ToAPlainImplementation_TellsTheBytesOfTheFile()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new Fulgurite.TorchCheckpointIO();
        var operation = io.Submit(SampleStates.Everything(1), directory["a"], null);
        Assert.AreEqual(new FileInfo(directory["a"]).Length, operation.ByteCount);

        await using var spaceless = new SpacelessCheckpointIO(new InMemoryCheckpointIO());
        Assert.AreEqual(CheckpointOutcome.Durable, spaceless.Submit(SampleStates.Small(1), "a", null).Outcome);
    }

    [TestMethod]
    public async Task Submit_LoggerThrows_SavesStillEndAndOthersFollow()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(
            new FlakyCheckpointIO(store, (_, save) => save == 1 ? new IOException("full") : null), logger: new ThrowingLogger());
        Assert.AreEqual(CheckpointOutcome.Failed, await io.Submit(SampleStates.Small(1), "a", null).Completion);
        Assert.AreEqual(CheckpointOutcome.Durable, await io.Submit(SampleStates.Small(2), "b", null).Completion);
        await io.RemoveCheckpointAsync("b", context.CancellationToken);
        await io.FlushAsync(context.CancellationToken);
        Assert.IsEmpty(store.Paths);
    }

    [TestMethod]
    public async Task Submit_InnerReturnsNoTask_FailsItsTicket()
    {
        await using var io = new AsyncCheckpointIO(new TasklessCheckpointIO());
        var operation = io.Submit(SampleStates.Small(1), "a", null);
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
        await Assert.ThrowsAsync<Exception>(() => io.RemoveCheckpointAsync("a", context.CancellationToken));
        Assert.AreEqual(CheckpointOutcome.Failed, await io.Submit(SampleStates.Small(2), "b", null).Completion);
    }

    [TestMethod]
    public async Task Submit_WorkAfterTheSaveThrows_IsLoggedAndTheRestRuns()
    {
        var (logger, work) = (new CollectingLogger(LogLevel.Warning), new List<int>());
        await using (var io = new AsyncCheckpointIO(
            new TidyingCheckpointIO(() => throw new IOException("the index"), () => work.Add(1)),
            logger: logger.CreateLogger<AsyncCheckpointIO>()))
        {
            Assert.AreEqual(CheckpointOutcome.Durable, await io.Submit(SampleStates.Small(1), "a", null).Completion);
            Assert.AreEqual(CheckpointOutcome.Durable, await io.Submit(SampleStates.Small(2), "b", null).Completion);
        }

        Assert.AreSequenceEqual([1, 1], work);
        Assert.HasCount(2, logger.Messages);
        Assert.Contains("the index", logger.Messages[0]);
    }

    [TestMethod]
    public async Task Submit_LoggerThrowsAtTheEndOfASave_TheWorkAfterItRuns()
    {
        var work = new List<int>();
        await using (var io = new AsyncCheckpointIO(new TidyingCheckpointIO(() => work.Add(1)), logger: new ThrowingLogger()))
        {
            Assert.AreEqual(CheckpointOutcome.Durable, await io.Submit(SampleStates.Small(1), "a", null).Completion);
        }

        Assert.AreSequenceEqual([1], work);
    }

    private sealed class TidyingCheckpointIO(params Action[] work) : WrappingCheckpointIO(new InMemoryCheckpointIO())
    {
        public override async Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            await base.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
            Array.ForEach(work, each => context!.Afterwards(each));
        }
    }

    private sealed class SpacelessCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
    {
        public long? GetAvailableBytes(string path) => null;
    }

    private sealed class TasklessCheckpointIO() : WrappingCheckpointIO(new InMemoryCheckpointIO())
    {
        private readonly Task? _nothing = new Dictionary<int, Task>().GetValueOrDefault(0);

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) => _nothing!;

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => _nothing!;
    }

    private sealed class ThrowingLogger : ILogger<AsyncCheckpointIO>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("The log is full.");
    }
}
