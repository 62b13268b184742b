using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class LifetimeTests : TensorTest
{
    [TestMethod]
    public void Dispose_Twice_IsHarmless()
    {
        var before = Tensor.TotalCount;
        var a = ones(2);
        Assert.AreEqual(before + 1, Tensor.TotalCount);
        a.Dispose();
        a.Dispose();
        Assert.AreEqual(before, Tensor.TotalCount);
        Assert.IsTrue(a.IsInvalid);
    }

    [TestMethod]
    public void Disposed_AnyUse_Throws()
    {
        var a = ones(2);
        a.Dispose();
        Assert.ThrowsExactly<InvalidOperationException>(() => a.Handle);
        Assert.ThrowsExactly<InvalidOperationException>(() => a + 1);
        Assert.ThrowsExactly<InvalidOperationException>(() => ones(2).add(a));
        Assert.ThrowsExactly<InvalidOperationException>(() => a.shape);
        Assert.ThrowsExactly<InvalidOperationException>(() => a.item<float>());
        Assert.ThrowsExactly<InvalidOperationException>(() => cat([ones(2), a]));
    }

    [TestMethod]
    public void View_OutlivesTheTensorThatItViews()
    {
        var a = arange(4);
        var view = a[1..3];
        a.Dispose();
        AssertValues(view, 1, 2);
    }

    [TestMethod]
    public void Unreachable_WithoutScope_IsReleasedByTheCollector()
    {
        var before = Tensor.TotalCount;
        LeaveBehind();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.AreEqual(before, Tensor.TotalCount);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void LeaveBehind()
        {
            for (var i = 0; i < 10; i++)
            {
                _ = ones(10).DetachFromDisposeScope();
            }
        }
    }

    [TestMethod]
    public void Collector_RunningAllTheTime_FreesNothingInUse()
    {
        var stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 3000; i++)
            {
                // The operands are unreachable as soon as the call has their handles.
                var sum = Fresh(i).add(Fresh(1)).DetachFromDisposeScope();
                Assert.AreEqual(64 * (i + 1f), sum.sum().item<float>());
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }

        static Tensor Fresh(int value) => full(64, (float)value).DetachFromDisposeScope();
    }

    [TestMethod]
    public void Decouple_GivesTheHandleAway()
    {
        var before = Tensor.TotalCount;
        var a = ones(2);
        var handle = a.DecoupleFromNativeHandle();
        Assert.IsTrue(a.IsInvalid);
        var again = Tensor.UnsafeCreateTensor(handle);
        AssertValues(again, 1, 1);
        again.Dispose();
        Assert.AreEqual(before, Tensor.TotalCount);
    }

    [TestMethod]
    public void Errors_OfLibtorch_CarryItsWords()
    {
        var error = Assert.ThrowsExactly<ExternalException>(() => ones(2, 3).matmul(ones(2, 3)));
        Assert.Contains("2x3", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsExactly<ExternalException>(() => ones(2) + ones(3));
        Assert.Contains("must match", error.Message, StringComparison.Ordinal);
        AssertValues(ones(2) + 1, 2, 2);
    }

    [TestMethod]
    public void TrainingSteps_TenThousand_LeaveNothingBehind()
    {
        using var scope = NewDisposeScope();
        var x = randn(8, 16);
        var w = randn(4, 16).requires_grad_();

        void Step()
        {
            using var step = NewDisposeScope();
            var loss = x.matmul(w.t()).square().mean();
            loss.backward();
            using var guard = no_grad();
            w.sub_(w.grad! * 1e-3);
            w.grad = null;
        }

        for (var i = 0; i < 500; i++)
        {
            Step();
        }

        var tensors = Tensor.TotalCount;
        var memory = ResidentBytes();
        for (var i = 0; i < 10_000; i++)
        {
            Step();
        }

        Assert.AreEqual(tensors, Tensor.TotalCount);
        var grown = ResidentBytes() - memory;
        Assert.IsLessThan(16 << 20, grown, $"10,000 steps grew the process by {grown} bytes.");
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }
}
