using System.Collections;
using AttentionXml.Data;
using AttentionXml.Tree;
using Fulgurite;

namespace AttentionXml.Batches;

/// <summary>
/// Batches of the training documents, shuffled for each epoch by its number. Documents of similar length share a batch, which limits
/// padding: they are sorted by length within groups of <see cref="GroupedBatches"/> batches only, so the composition of batches still
/// varies.
/// </summary>
/// <param name="documents">The documents.</param>
/// <param name="level">The predicted level.</param>
/// <param name="batchSize">The number of documents in a batch.</param>
/// <param name="seed">The seed of the order.</param>
/// <param name="above">The best nodes of the level above; null for the first level.</param>
internal sealed class TrainingBatches(Documents documents, TreeLevel level, int batchSize, int seed, Candidates? above = null)
    : IBatchSource<TextBatch>
{
    private const int GroupedBatches = 32;

    private BatchPart _part = new(Rank: 0, WorldSize: 1, Evaluates: false);

    public int? BatchCount => Count;

    /// <summary>Gets the number of batches in an epoch.</summary>
    public int Count => (documents.Count + batchSize - 1) / batchSize;

    public IEnumerable<TextBatch> GetBatches(int epoch, int skip)
    {
        foreach (var batch in Plan(epoch).Skip(skip))
        {
            yield return TextBatch.Create(documents.Corpus, PartOf(batch), level, above, isTraining: true);
        }
    }

    public IBatchSource<TextBatch> Share(BatchPart part) => Math.Min(batchSize, documents.Count) >= part.WorldSize
        ? new TrainingBatches(documents, level, batchSize, seed, above) { _part = part }
        : throw new ArgumentException(
            $"{part.WorldSize} processes cannot share {documents.Count} documents in batches of {batchSize}: give a larger --batch-size, "
                + "or start fewer processes.",
            nameof(part));

    public double WeightOf(int batch)
    {
        var size = Math.Min(batchSize, documents.Count - (batch * batchSize));
        return (double)((size - _part.Rank + _part.WorldSize - 1) / _part.WorldSize) * _part.WorldSize / size;
    }

    public IEnumerator<TextBatch> GetEnumerator() => GetBatches(epoch: 0, skip: 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<Memory<int>> Plan(int epoch)
    {
        var random = new Random(HashSeed(epoch));
        var order = documents.Indices.ToArray();
        random.Shuffle(order);
        var batches = new List<Memory<int>>(Count);
        for (var start = 0; start < order.Length; start += batchSize * GroupedBatches)
        {
            var end = Math.Min(order.Length, start + (batchSize * GroupedBatches));
            ByLength.Sort(documents.Corpus, order.AsSpan(start..end));
            for (var from = start; from < end; from += batchSize)
            {
                batches.Add(order.AsMemory(from..Math.Min(end, from + batchSize)));
            }
        }

        // The smaller batch stays the last one, so that the size of a batch does not depend on the epoch.
        var whole = documents.Count / batchSize;
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batches)[..whole]);
        return batches;
    }

    /// <summary>
    /// Returns the documents of this process: every Nth one, so that all processes have documents of the same lengths. A process without
    /// any repeats one; its weight is 0.
    /// </summary>
    private Memory<int> PartOf(Memory<int> batch)
    {
        if (_part.WorldSize == 1)
        {
            return batch;
        }

        int[] own = [.. batch.ToArray().Where((_, place) => place % _part.WorldSize == _part.Rank)];
        return own.Length > 0 ? own : batch[..1];
    }

    // Not HashCode.Combine, which differs between processes: a resumed run needs the same order.
    private int HashSeed(int epoch) => unchecked((seed * 1_000_003) + epoch);
}
