using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/data.md.</summary>
[TestClass]
public sealed class DataSnippets
{
    [TestMethod]
    public void DataSource_Enumerated_ReturnsBatches()
    {
        List<string> files = [.. Enumerable.Range(0, 100).Select(number => $"{number}.png")];
        long[] labels = [.. Enumerable.Range(0, 100).Select(number => (long)number % 10)];

        IDataset<(Tensor, long)> images = Dataset.Create(
            files.Count, item => (Decode(files[(int)item.Index], item.CreateRandom()), labels[item.Index]));
        var batches = DataSource.From(
            images, Collate.Stack<(Tensor, long), (Tensor, Tensor)>, new() { BatchSize = 64, Shuffle = true, Seed = 1, Workers = 4 });

        using var scope = NewDisposeScope();
        var shapes = batches.Select(batch => (batch.Item1.shape[0], batch.Item2.dtype)).ToList();
        Assert.AreSequenceEqual([(64L, ScalarType.Int64), (36L, ScalarType.Int64)], shapes);
    }

    private static Tensor Decode(string file, Random random) => full(3, 8, 8, file.Length + random.NextSingle());
}
