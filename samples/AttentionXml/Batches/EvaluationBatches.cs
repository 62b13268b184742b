using System.Collections;
using AttentionXml.Data;
using AttentionXml.Tree;
using Fulgurite;

namespace AttentionXml.Batches;

/// <summary>Batches of documents in the order of their lengths.</summary>
internal sealed class EvaluationBatches : IBatchSource<TextBatch>
{
    private readonly Documents _documents;
    private readonly TreeLevel _level;
    private readonly Candidates? _above;
    private readonly int _batchSize;
    private readonly int[] _order;

    /// <param name="documents">The documents.</param>
    /// <param name="level">The predicted level.</param>
    /// <param name="batchSize">The number of documents in a batch.</param>
    /// <param name="above">The best nodes of the level above; null for the first level.</param>
    public EvaluationBatches(Documents documents, TreeLevel level, int batchSize, Candidates? above = null)
    {
        _documents = documents;
        _level = level;
        _above = above;
        _batchSize = batchSize;
        _order = [.. documents.Indices];
        ByLength.Sort(documents.Corpus, _order);
    }

    private EvaluationBatches(EvaluationBatches whole, BatchPart part)
    {
        (_documents, _level, _above) = (whole._documents, whole._level, whole._above);

        // Every Nth document, so that the parts of a batch have documents of the same lengths.
        _order = [.. whole._order.Where((_, place) => place % part.WorldSize == part.Rank)];
        _batchSize = Math.Max(1, whole._batchSize / part.WorldSize);
    }

    public int? BatchCount => (_order.Length + _batchSize - 1) / _batchSize;

    public IEnumerable<TextBatch> GetBatches(int epoch, int skip)
    {
        for (var start = skip * _batchSize; start < _order.Length; start += _batchSize)
        {
            var batch = _order.AsMemory(start, Math.Min(_batchSize, _order.Length - start));
            yield return TextBatch.Create(_documents.Corpus, batch, _level, _above);
        }
    }

    public IBatchSource<TextBatch> Share(BatchPart part) => new EvaluationBatches(this, part);

    public IEnumerator<TextBatch> GetEnumerator() => GetBatches(epoch: 0, skip: 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
