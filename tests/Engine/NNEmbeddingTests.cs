using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNEmbeddingTests
{
    [TestMethod]
    public void Embedding_OfPadding_IsZeroAndHasNoGradient()
    {
        using var scope = NewDisposeScope();
        using var embedding = nn.Embedding(5, 3, padding_idx: -1);
        var output = embedding.call(tensor(new long[] { 0, 4, 4, 2 }));
        output.sum().backward();
        Assert.AreEqual(0, output.narrow(0, 1, 2).abs().sum().item<float>());
        CollectionAssert.AreEqual(new[] { 1f, 0, 1, 0, 0 }, embedding.weight!.grad!.select(1, 0).data<float>().ToArray());
    }

    [TestMethod]
    public void Embedding_WithSparseGradient_TrainsWithSGD()
    {
        using var scope = NewDisposeScope();
        using var embedding = nn.Embedding(5, 2, sparse: true);
        var before = embedding.weight!.detach().clone();
        using var sgd = optim.SGD(embedding.parameters(), 0.5);
        embedding.call(tensor(new long[] { 1, 1, 3 })).sum().backward();
        Assert.IsTrue(embedding.weight!.grad!.is_sparse);
        sgd.step();
        var change = before - embedding.weight!.detach();
        CollectionAssert.AreEqual(new[] { 0f, 1, 0, 0.5f, 0 }, change.select(1, 1).round(decimals: 4).data<float>().ToArray());
    }

    [TestMethod]
    public void Embedding_FromPretrained_IsFrozenUnlessAsked()
    {
        using var scope = NewDisposeScope();
        using var frozen = nn.Embedding_from_pretrained(arange(6, dtype: ScalarType.Float32).reshape(3, 2));
        using var free = nn.Embedding_from_pretrained(ones(3, 2), freeze: false);
        Assert.IsFalse(frozen.weight!.requires_grad);
        Assert.IsTrue(free.weight!.requires_grad);
        CollectionAssert.AreEqual(new[] { 4f, 5 }, frozen.call(tensor(new long[] { 2 })).data<float>().ToArray());
    }

    [TestMethod]
    public void Embedding_WithMaximalNorm_ShrinksTheRowsItUses()
    {
        using var scope = NewDisposeScope();
        using var embedding = nn.Embedding(3, 4, max_norm: 1.0);
        nn.init.constant_(embedding.weight!, 2);
        Assert.AreEqual(1, embedding.call(tensor(new long[] { 1 })).norm().item<float>(), 1e-5);
        Assert.AreEqual(4, embedding.weight!.select(0, 0).norm().item<float>(), 1e-5);
        Assert.ThrowsExactly<ArgumentException>(() => nn.Embedding(3, 4, padding_idx: 3));
    }

    [TestMethod]
    [DataRow(EmbeddingBagMode.Sum, 6f, 4f)]
    [DataRow(EmbeddingBagMode.Mean, 2f, 4f)]
    [DataRow(EmbeddingBagMode.Max, 3f, 4f)]
    public void EmbeddingBag_OfTwoBags_CombinesTheRows(EmbeddingBagMode mode, float first, float second)
    {
        using var scope = NewDisposeScope();
        using var bag = nn.EmbeddingBag(5, 2, mode: mode);
        bag.load_state_dict(new() { ["weight"] = arange(5, dtype: ScalarType.Float32).unsqueeze(1).repeat(1, 2) });
        var output = bag.call(tensor(new long[] { 1, 2, 3, 4 }), tensor(new long[] { 0, 3 }));
        CollectionAssert.AreEqual(new[] { first, first, second, second }, output.data<float>().ToArray());
        var rows = bag.call(tensor(new long[] { 4, 4, 1, 1 }).reshape(2, 2));
        CollectionAssert.AreEqual(new long[] { 2, 2 }, rows.shape);
    }
}
