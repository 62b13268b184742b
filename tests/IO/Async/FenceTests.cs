namespace Fulgurite.Tests.IO.Async;

/// <summary>The mutation fence: who keeps to it, and who does not.</summary>
[TestClass]
public sealed class FenceTests(TestContext context)
{
    [TestMethod]
    public async Task Submit_ChangeOutsideOfTheFence_FailsAndNamesTheTensor()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 }, context.CancellationToken);
        var operation = AsyncSaves.Save(io, memory, 1, "a", fence: false);
        memory.As<float>().Fill(1);
        io.BeforeParametersChange();
        gate.Open();

        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
        Assert.Contains("state_dict.weight", operation.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("BeforeParametersChange", operation.Failure.Message, StringComparison.Ordinal);
        Assert.IsTrue(operation.Failure.IsTransient);

        // From then on nothing is left for later.
        var next = AsyncSaves.Save(io, memory, 2, "b", fence: false);
        memory.As<float>().Fill(5);
        await next.Durable;
        await AsyncSaves.AssertSavedAsync(io, "b", 1, context.CancellationToken);
    }

    [TestMethod]
    public async Task Submit_OneElementChangesOutsideOfTheFenceWhileValidating_Fails()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(
            gate, new AsyncCheckpointOptions { CopyThreads = 1, ValidateCaptures = true }, context.CancellationToken);
        var operation = AsyncSaves.Save(io, memory, 1, "a", fence: false);
        memory.As<float>()[1_000_003] = 1;
        io.BeforeParametersChange();
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
    }

    [TestMethod]
    public async Task Submit_FrozenTensorChangesOutsideOfTheFence_Fails()
    {
        using var frozen = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 }, context.CancellationToken);
        var operation = io.Submit(new TrainingState { ["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen) }, "a", null);
        frozen.As<float>().Fill(3);
        io.BeforeParametersChange();
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
        Assert.Contains("frozen", operation.Failure!.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Submit_TensorsAreDisposedBeforeTheFence_TheirMemoryIsHeld()
    {
        var memory = new LiveMemory(8 << 20);
        memory.As<float>().Fill(3);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 }, context.CancellationToken);
        var operation = AsyncSaves.Save(io, memory, 1, "a", fence: false);
        memory.Dispose();
        Assert.AreEqual(1, memory.Holds);
        io.BeforeParametersChange();
        gate.Open();
        await operation.Durable;
        await AsyncSaves.AssertSavedAsync(io, "a", 3, context.CancellationToken);
    }

    [TestMethod]
    public async Task Submit_ChangeOutsideOfTheFenceAfterASave_TheNextSaveHasTheNewState()
    {
        using var memory = new LiveMemory(8 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        await AsyncSaves.Save(io, memory, 1, "a", fence: false).Durable;
        memory.As<float>().Fill(5);

        await AsyncSaves.Save(io, memory, 1, "b", fence: false).Durable;

        await AsyncSaves.AssertSavedAsync(io, "b", 5, context.CancellationToken);
    }
}
