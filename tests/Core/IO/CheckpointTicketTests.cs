using Fulgurite.IO;

namespace Fulgurite.Tests.Core.IO;

[TestClass]
public sealed class CheckpointTicketTests
{
    [TestMethod]
    public async Task Settle_Twice_KeepsTheFirstOutcome()
    {
        var source = new CheckpointTicketSource("a.ckpt");

        Assert.IsTrue(source.TrySetFailed(new IOException("disk on fire")));
        Assert.IsFalse(source.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero));
        Assert.IsFalse(source.TrySetSuperseded());

        Assert.AreEqual(CheckpointOutcome.Failed, await source.Ticket.Completion);
        Assert.AreEqual("a.ckpt", source.Ticket.Failure!.Path);
        Assert.IsInstanceOfType<IOException>(source.Ticket.Failure.InnerException);
        Assert.IsTrue(source.Ticket.Captured.IsCompletedSuccessfully, "nobody reads the tensors of a save that has ended");
    }

    [TestMethod]
    public async Task Durable_SaveThatIsNotWritten_Throws()
    {
        var failed = new CheckpointTicketSource("failed.ckpt");
        failed.TrySetFailed(new IOException("no space"));
        var superseded = new CheckpointTicketSource("old.ckpt", new SaveOptions { Slot = "last" });
        superseded.TrySetSuperseded();
        var cancelled = new CheckpointTicketSource("gone.ckpt");
        cancelled.TrySetCancelled();
        var durable = new CheckpointTicketSource("kept.ckpt");
        durable.TrySetDurable(12, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        await Assert.ThrowsExactlyAsync<CheckpointException>(() => failed.Ticket.Durable);
        await Assert.ThrowsExactlyAsync<CheckpointException>(() => superseded.Ticket.Durable);
        await Assert.ThrowsExactlyAsync<CheckpointException>(() => cancelled.Ticket.Durable);
        await durable.Ticket.Durable;
        Assert.AreEqual(12, durable.Ticket.ByteCount);
    }

    [TestMethod]
    public void Cancel_NobodyCanTakeItBack_SaysNo()
    {
        var source = new CheckpointTicketSource("a.ckpt");

        Assert.IsFalse(source.Ticket.Cancel());
        Assert.AreEqual(CheckpointOutcome.Pending, source.Ticket.Outcome);
    }
}
