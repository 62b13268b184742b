namespace Fulgurite.Tests.IO.Async;

/// <summary>The two optional capabilities of a <see cref="CheckpointIO"/> where an implementation writes only a part of them.</summary>
[TestClass]
public sealed class CapabilityTests(TestContext context)
{
    [TestMethod]
    public void TakeSnapshot_CapabilityKeepsTheDefault_CopiesTheState()
    {
        using var memory = new LiveMemory(1 << 16);
        memory.As<float>().Fill(1);
        CheckpointIO io = new BareCheckpointIO();
        using var snapshot = io.TakeSnapshot(SampleStates.Live(memory, 1));
        memory.As<float>().Fill(2);
        Assert.IsTrue(snapshot.State.IsCaptured);
        Assert.AreEqual(1, SampleStates.StepOf(snapshot.State));
        Assert.AreEqual(1f, snapshot.State.Find("state_dict.weight")!.AsTensor().ToTensor().data<float>()[0]);
    }

    [TestMethod]
    public async Task Submit_WrapperLeavesLinksOut_SavesEveryNameThroughIt()
    {
        using var memory = new LiveMemory(1 << 16);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(new BareCheckpointIO(store));
        var state = SampleStates.Live(memory, 1);
        io.Submit(state, "a", null);
        io.Submit(state, "b", null);
        await io.FlushAsync(context.CancellationToken);
        Assert.AreEqual(2, store.Writes);
        Assert.AreEqual(0, io.Statistics.Linked);
        Assert.AreEqual(1, io.Statistics.Captures);
    }

    /// <summary>Declares both capabilities and writes neither.</summary>
    private sealed class BareCheckpointIO(CheckpointIO? inner = null)
        : WrappingCheckpointIO(inner ?? new InMemoryCheckpointIO()), ICheckpointFiles, ICheckpointCapture;
}
