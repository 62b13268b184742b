using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class RandomTests : TensorTest
{
    private static float[] Numbers(int count = 8) => rand(count).data<float>().ToArray();

    [TestMethod]
    public void ManualSeed_SameSeed_SameNumbers()
    {
        manual_seed(42);
        var first = Numbers();
        var second = Numbers();
        manual_seed(42);
        CollectionAssert.AreEqual(first, Numbers());
        CollectionAssert.AreEqual(second, Numbers());
        CollectionAssert.AreNotEqual(first, second);
    }

    [TestMethod]
    public void RngState_SetBack_ReplaysEveryKind()
    {
        _ = Numbers();
        var state = get_rng_state();
        float[] Draw() =>
        [
            .. randn(3).data<float>().ToArray(),
            .. randperm(5).@float().data<float>().ToArray(),
            .. randint(0, 100, [3L]).@float().data<float>().ToArray(),
            .. torch.bernoulli(full(4, 0.5)).data<float>().ToArray(),
        ];
        var first = Draw();
        set_rng_state(state);
        CollectionAssert.AreEqual(first, Draw());
        Assert.AreEqual(ScalarType.Byte, state.dtype);
    }

    [TestMethod]
    public void Generator_OfItsOwn_LeavesTheDefaultAlone()
    {
        manual_seed(1);
        var expected = Numbers();
        manual_seed(1);
        using var own = new Generator(5);
        var first = rand(4, generator: own).data<float>().ToArray();
        CollectionAssert.AreEqual(expected, Numbers());
        own.manual_seed(5);
        CollectionAssert.AreEqual(first, rand(4, generator: own).data<float>().ToArray());
        Assert.AreEqual(5L, own.initial_seed());
    }

    [TestMethod]
    public void ManualSeed_DisposingWhatItReturns_IsHarmless()
    {
        manual_seed(1).Dispose();
        var first = Numbers();
        torch.random.manual_seed(1).Dispose();
        CollectionAssert.AreEqual(first, Numbers());
        using var state = get_rng_state();
        Assert.AreEqual(1L, initial_seed());
    }

    [TestMethod]
    public void Generator_State_Replays()
    {
        using var own = new Generator(3);
        using var state = own.get_state();
        var first = randperm(20, generator: own).data<long>().ToArray();
        own.set_state(state);
        CollectionAssert.AreEqual(first, randperm(20, generator: own).data<long>().ToArray());
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 20).Select(i => (long)i).ToArray(), first);
    }

    [TestMethod]
    public void Distributions_StayInTheirRange()
    {
        var uniform = empty(1000).uniform_(-2, 3);
        Assert.IsTrue((uniform >= -2).all().item<bool>());
        Assert.IsTrue((uniform < 3).all().item<bool>());
        Assert.AreEqual(0.5, uniform.mean().item<float>(), 0.2);
        var normal = empty(10000).normal_(5, 2);
        Assert.AreEqual(5, normal.mean().item<float>(), 0.1);
        Assert.AreEqual(2, normal.std().item<float>(), 0.1);
        var integers = randint(3, 7, [1000L]);
        Assert.AreEqual(3L, integers.min().item<long>());
        Assert.AreEqual(6L, integers.max().item<long>());
        Assert.AreEqual(0.25, empty(10000).bernoulli_(0.25).mean().item<float>(), 0.05);
        AssertShape(multinomial(tensor(new[] { 0f, 1f }), 3, replacement: true), 3);
    }
}
