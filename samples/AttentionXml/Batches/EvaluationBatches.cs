using System.Collections;
using AttentionXml.Data;
using AttentionXml.Tree;

namespace AttentionXml.Batches;

/// <summary>Batches of documents in the order of their lengths.</summary>
internal sealed class EvaluationBatches : IEnumerable<TextBatch>
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

    public IEnumerator<TextBatch> GetEnumerator()
    {
        for (var start = 0; start < _order.Length; start += _batchSize)
        {
            var batch = _order.AsMemory(start, Math.Min(_batchSize, _order.Length - start));
            yield return TextBatch.Create(_documents.Corpus, batch, _level, _above);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
