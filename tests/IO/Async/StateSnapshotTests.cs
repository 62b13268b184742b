namespace Fulgurite.Tests.IO.Async;

[TestClass]
public sealed class StateSnapshotTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task TakeSnapshot_MemoryChangesAfterTheFence_HoldsWhatItWas(bool overlap)
    {
        using var memory = new LiveMemory(4 << 20);
        memory.As<float>().Fill(1);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store, new AsyncCheckpointOptions { Overlap = overlap });

        using var snapshot = io.TakeSnapshot(SampleStates.Live(memory, 7));
        io.BeforeParametersChange();
        memory.As<float>().Fill(2);

        Assert.AreEqual(7, SampleStates.StepOf(snapshot.State));
        AssertWeights(snapshot.State, 1);
        Assert.AreEqual(4 << 20, snapshot.ByteLength);
        Assert.IsEmpty(store.Paths);
    }

    [TestMethod]
    public async Task TakeSnapshot_StateAskedForBeforeTheFence_WaitsForTheCopy()
    {
        using var memory = new LiveMemory(8 << 20);
        memory.As<float>().Fill(3);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());

        using var snapshot = io.TakeSnapshot(SampleStates.Live(memory, 1));
        var state = snapshot.State;
        io.BeforeParametersChange();
        memory.As<float>().Fill(4);

        AssertWeights(state, 3);
    }

    [TestMethod]
    public async Task TakeSnapshot_ManyHeldWithASmallBudget_LeavesRoomForSaves()
    {
        using var memory = new LiveMemory(1 << 20);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store, new AsyncCheckpointOptions { MemoryBudget = 3 << 20 });
        var held = new List<StateSnapshot>();
        for (var step = 1; step <= 8; step++)
        {
            memory.As<float>().Fill(step);
            held.Add(io.TakeSnapshot(SampleStates.Live(memory, step)));
            await io.Submit(SampleStates.Live(memory, step), $"{step}", null).Durable;
            io.BeforeParametersChange();
        }

        Assert.HasCount(8, store.Paths);
        for (var step = 1; step <= 8; step++)
        {
            AssertWeights(held[step - 1].State, step);
        }

        held.ForEach(snapshot => snapshot.Dispose());
    }

    [TestMethod]
    public async Task TakeSnapshot_GivenBackEveryTime_TakesNoMoreMemory()
    {
        using var memory = new LiveMemory(1 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        io.TakeSnapshot(SampleStates.Live(memory, 0)).Dispose();
        io.BeforeParametersChange();
        var before = io.Statistics.MemoryBytes;

        for (var step = 1; step <= 20; step++)
        {
            io.TakeSnapshot(SampleStates.Live(memory, step)).Dispose();
            io.BeforeParametersChange();
        }

        Assert.AreEqual(before, io.Statistics.MemoryBytes);
    }

    [TestMethod]
    public async Task State_ChangedOutsideOfTheFence_SaysWhich()
    {
        using var memory = new LiveMemory(64 << 20);
        memory.As<float>().Fill(1);
        await using var io = new AsyncCheckpointIO(
            new InMemoryCheckpointIO(), new AsyncCheckpointOptions { CopyThreads = 1, BackgroundCopyThreads = 0 });
        using var snapshot = io.TakeSnapshot(SampleStates.Live(memory, 1));

        memory.As<float>().Fill(2);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => snapshot.State);
        Assert.Contains("BeforeParametersChange", error.Message);
    }

    [TestMethod]
    public async Task State_Disposed_Throws()
    {
        using var memory = new LiveMemory(1000);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        var snapshot = io.TakeSnapshot(SampleStates.Live(memory, 1));
        using var shared = snapshot.State.Share();

        snapshot.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => snapshot.State);
        AssertWeights(shared, 0);
    }

    [TestMethod]
    public void TakeSnapshot_ByAnIOWithoutTheCapability_IsACopy()
    {
        using var memory = new LiveMemory(1000);
        memory.As<float>().Fill(1);

        using var snapshot = ((CheckpointIO)new InMemoryCheckpointIO()).TakeSnapshot(SampleStates.Live(memory, 5));
        memory.As<float>().Fill(2);

        AssertWeights(snapshot.State, 1);
    }

    private static void AssertWeights(TrainingState state, float value)
    {
        var weights = state.Tensors().First().Value;
        var values = new float[weights.ElementCount];
        weights.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.IsNotEmpty(values);
        Assert.IsTrue(values.AsSpan().IndexOfAnyExcept(value) < 0);
    }
}
