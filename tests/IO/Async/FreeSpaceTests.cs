namespace Fulgurite.Tests.IO.Async;

/// <summary>Who asks how much room storage has, and what follows.</summary>
[TestClass]
public sealed class FreeSpaceTests(TestContext context)
{
    [TestMethod]
    public async Task Submit_IntoADirectoryThatHadRoom_DoesNotAskStorage()
    {
        using var memory = new LiveMemory(100_000);
        var storage = new MeasuredCheckpointIO(1_000_000);
        await using var io = new AsyncCheckpointIO(storage);
        for (var step = 0; step < 10; step++)
        {
            await AsyncSaves.Save(io, memory, step, "run/last").Durable.WaitAsync(context.CancellationToken);
        }

        Assert.AreEqual(1, storage.AskedBySaves, "A save asks a file system that may be busy.");
        Assert.AreEqual(10, storage.AskedByWriter);
    }

    [TestMethod]
    public async Task Submit_RoomWentWithTheLastWrite_IsRefusedBeforeItIsCaptured()
    {
        using var memory = new LiveMemory(100_000);
        await using var io = await FilledAsync(new MeasuredCheckpointIO(1_000_000), memory);

        var refused = AsyncSaves.Save(io, memory, 2, "run/b");

        Assert.AreEqual(CheckpointOutcome.Failed, refused.Outcome);
        Assert.Contains("there is room for 50000", refused.Failure!.Message);
        Assert.AreEqual(1, io.Statistics.Captures);
    }

    [TestMethod]
    public async Task Submit_RoomWasMadeSinceTheLastWrite_IsAccepted()
    {
        using var memory = new LiveMemory(100_000);
        var storage = new MeasuredCheckpointIO(1_000_000);
        await using var io = await FilledAsync(storage, memory);
        storage.Available = 1_000_000;

        Assert.AreEqual(
            CheckpointOutcome.Durable, await AsyncSaves.Save(io, memory, 2, "run/b").Completion.WaitAsync(context.CancellationToken));
    }

    [TestMethod]
    public async Task Submit_AskingAfterAWriteThrows_LeavesTheSaveDurable()
    {
        using var memory = new LiveMemory(100_000);
        var storage = new MeasuredCheckpointIO(1_000_000) { ThrowsForWriter = true };
        await using var io = new AsyncCheckpointIO(storage);

        Assert.AreEqual(
            CheckpointOutcome.Durable, await AsyncSaves.Save(io, memory, 1, "run/a").Completion.WaitAsync(context.CancellationToken));
        Assert.AreEqual(
            CheckpointOutcome.Durable, await AsyncSaves.Save(io, memory, 2, "run/a").Completion.WaitAsync(context.CancellationToken));
    }

    [TestMethod]
    public async Task Submit_DefaultThreads_CopiesWithoutAFence()
    {
        using var memory = new LiveMemory(16 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 3 }, context.CancellationToken);

        var operation = AsyncSaves.Save(io, memory, 1, "a", fence: false);

        await operation.Captured.WaitAsync(context.CancellationToken);
        Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
        gate.Open();
    }

    /// <summary>Leaves 50,000 bytes free after a save.</summary>
    private async Task<AsyncCheckpointIO> FilledAsync(MeasuredCheckpointIO storage, LiveMemory memory)
    {
        storage.TakenByASave = 950_000;
        var io = new AsyncCheckpointIO(storage);
        await AsyncSaves.Save(io, memory, 1, "run/a").Durable.WaitAsync(context.CancellationToken);
        return io;
    }

    /// <summary>Knows how much room there is, and who asked.</summary>
    private sealed class MeasuredCheckpointIO(long available) : WrappingCheckpointIO(new InMemoryCheckpointIO()), ICheckpointFiles
    {
        private int _askedBySaves;
        private int _askedByWriter;

        public long Available { get; set; } = available;

        public long TakenByASave { get; set; }

        public bool ThrowsForWriter { get; init; }

        public int AskedBySaves => Volatile.Read(ref _askedBySaves);

        public int AskedByWriter => Volatile.Read(ref _askedByWriter);

        public override async Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            await base.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
            Available -= TakenByASave;
        }

        public long? GetAvailableBytes(string path)
        {
            var isWriter = Thread.CurrentThread.Name == "Fulgurite checkpoints";
            Interlocked.Increment(ref isWriter ? ref _askedByWriter : ref _askedBySaves);
            return isWriter && ThrowsForWriter ? throw new InvalidOperationException("Not now.") : Available;
        }
    }
}
