using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class ThreadTests : TensorTest
{
    [TestMethod]
    public void DisposeScope_BelongsToItsThread()
    {
        var own = CurrentDisposeScope!;
        var before = own.DisposablesCount;
        DisposeScopeTests.OnAnotherThread(() =>
        {
            Assert.IsNull(CurrentDisposeScope);
            using var scope = NewDisposeScope();
            _ = ones(1);
            Assert.AreEqual(1, scope.DisposablesCount);
        });
        Assert.AreEqual(before, own.DisposablesCount);
    }

    [TestMethod]
    public void NoGrad_BelongsToItsThread()
    {
        using var guard = no_grad();
        DisposeScopeTests.OnAnotherThread(() => Assert.IsTrue(is_grad_enabled()));
        Assert.IsFalse(is_grad_enabled());
    }

    [TestMethod]
    public void Training_OnSeveralThreads_GivesWhatOneThreadGives()
    {
        static float[] Train(long seed)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            var w = randn(8, generator: generator).requires_grad_();
            for (var step = 0; step < 200; step++)
            {
                using var inner = NewDisposeScope();
                (w - 1).square().sum().backward();
                using var guard = no_grad();
                w.sub_(w.grad! * 0.05);
                w.grad = null;
            }

            return w.data<float>().ToArray();
        }

        var alone = Enumerable.Range(0, 4).Select(i => Train(i)).ToArray();
        var together = new float[4][];
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() => together[i] = Train(i))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (var i = 0; i < 4; i++)
        {
            CollectionAssert.AreEqual(alone[i], together[i]);
            Assert.AreEqual(1f, together[i][0], 1e-3f);
        }
    }

    [TestMethod]
    public void NumThreads_IsWhatWasSet()
    {
        var before = get_num_threads();
        try
        {
            set_num_threads(1);
            Assert.AreEqual(1, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }

        Assert.IsGreaterThanOrEqualTo(1, get_num_interop_threads());
    }
}
