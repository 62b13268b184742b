namespace Fulgurite.Tests.Strategies;

/// <summary>Sparse gradients in several processes.</summary>
[TestClass]
public sealed class SparseRanksTests
{
    [TestMethod]
    [DataRow(new[] { "0 1 1", "1 4" })]
    [DataRow(new[] { "", "1 4" })]
    [DataRow(new[] { "2", "" })]
    [DataRow(new[] { "0 1 1", "1 4", "4" })]
    public void SynchronizeGradients_OfSparseEmbeddings_AreTheMeanAndStaySparse(string[] tokens)
    {
        using var scope = NewDisposeScope();
        var expected = zeros(6, 2);
        foreach (var token in tokens.SelectMany(Parse))
        {
            expected[token] += 1f / tokens.Length;
        }

        Ranks.Run(tokens.Length, new ProcessGroup(tokens.Length), (strategy, rank) =>
        {
            using var inner = NewDisposeScope();
            using var embedding = nn.Embedding(6, 2, sparse: true);
            strategy.SetUp(embedding);
            if (tokens[rank].Length > 0)
            {
                strategy.Backward(embedding.call(tensor(Parse(tokens[rank]))).sum());
            }

            strategy.SynchronizeGradients();
            var gradient = embedding.weight!.grad!;
            Assert.IsTrue(gradient.is_sparse);
            Assert.IsTrue(gradient.to_dense().allclose(expected));
        });
    }

    [TestMethod]
    public void SynchronizeGradients_SparseInOneRankAndDenseInAnother_IsTheDenseMean() =>
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var scope = NewDisposeScope();
            using var embedding = nn.Embedding(6, 2, sparse: true);
            strategy.SetUp(embedding);
            strategy.Backward(rank == 0 ? embedding.call(tensor(new long[] { 3 })).sum() : embedding.weight!.sum());
            strategy.SynchronizeGradients();
            var expected = full(6, 2, 0.5f);
            expected[3] += 0.5f;

            Assert.IsFalse(embedding.weight!.grad!.is_sparse);
            Assert.IsTrue(embedding.weight.grad.allclose(expected));
        });

    private static long[] Parse(string tokens) => [.. tokens.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
}
