
namespace Fulgurite.Tests.Core.IO;

[TestClass]
public sealed class SaveOperationTests
{
    [TestMethod]
    public async Task Settle_Twice_KeepsTheFirstOutcome()
    {
        var source = new SaveOperationSource("a.ckpt");

        Assert.IsTrue(source.TrySetFailed(new IOException("disk on fire")));
        Assert.IsFalse(source.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero));
        Assert.IsFalse(source.TrySetSuperseded());

        Assert.AreEqual(CheckpointOutcome.Failed, await source.Operation.Completion);
        Assert.AreEqual("a.ckpt", source.Operation.Failure!.Path);
        Assert.IsInstanceOfType<IOException>(source.Operation.Failure.InnerException);
        Assert.IsTrue(source.Operation.Captured.IsCompletedSuccessfully, "nobody reads the tensors of a save that has ended");
    }

    [TestMethod]
    public async Task Durable_SaveThatIsNotWritten_Throws()
    {
        var failed = new SaveOperationSource("failed.ckpt");
        failed.TrySetFailed(new IOException("no space"));
        var superseded = new SaveOperationSource("old.ckpt", new SaveOptions { Slot = "last" });
        superseded.TrySetSuperseded();
        var cancelled = new SaveOperationSource("gone.ckpt");
        cancelled.TrySetCancelled();
        var durable = new SaveOperationSource("kept.ckpt");
        durable.TrySetDurable(12, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        await Assert.ThrowsExactlyAsync<CheckpointException>(() => failed.Operation.Durable);
        await Assert.ThrowsExactlyAsync<CheckpointException>(() => superseded.Operation.Durable);
        await Assert.ThrowsExactlyAsync<CheckpointException>(() => cancelled.Operation.Durable);
        await durable.Operation.Durable;
        Assert.AreEqual(12, durable.Operation.ByteCount);
    }

    [TestMethod]
    public void Cancel_NobodyCanTakeItBack_SaysNo()
    {
        var source = new SaveOperationSource("a.ckpt");

        Assert.IsFalse(source.Operation.Cancel());
        Assert.AreEqual(CheckpointOutcome.Pending, source.Operation.Outcome);
    }
}
