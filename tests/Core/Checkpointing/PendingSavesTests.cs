using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite.Tests.Core.Checkpointing;

[TestClass]
public sealed class PendingSavesTests
{
    /// <summary>The second Ctrl-C during a long step stated an older checkpoint, or none, although a newer one was durable.</summary>
    [TestMethod]
    public void Saved_SavesEndDuringAStep_IsTheNewestDurableOne()
    {
        var saves = new PendingSaves(NullLogger.Instance);
        var (first, weights, second) = (Add(5), Add(8, canResume: false), Add(10));
        Assert.IsNull(saves.Saved);

        first.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero);
        weights.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero);
        Assert.AreEqual(new SavedState("5.ckpt", 5), saves.Saved);

        second.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero);
        Assert.AreEqual(new SavedState("10.ckpt", 10), saves.Saved);
        Assert.AreEqual(3, saves.Pending, "no step has looked at them");

        SaveOperationSource Add(long step, bool canResume = true)
        {
            var source = new SaveOperationSource($"{step}.ckpt");
            (source.Operation.GlobalStep, source.Operation.CanResume) = (step, canResume);
            saves.Add(source.Operation);
            return source;
        }
    }

    [TestMethod]
    public void Saved_PendingSavesAreGivenUp_KeepsTheNewestDurableOne()
    {
        var saves = new PendingSaves(NullLogger.Instance);
        foreach (var step in new[] { 5, 10 })
        {
            var source = new SaveOperationSource($"{step}.ckpt");
            (source.Operation.GlobalStep, source.Operation.CanResume) = (step, true);
            saves.Add(source.Operation);
            _ = step == 5 && source.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero);
        }

        saves.GiveUpPending(TimeSpan.FromSeconds(1));

        Assert.AreEqual(new SavedState("5.ckpt", 5), saves.Saved);
        Assert.AreEqual(0, saves.Pending);
    }
}
