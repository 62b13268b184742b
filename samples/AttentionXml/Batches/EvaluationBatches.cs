using System.Collections;
using AttentionXml.Data;

namespace AttentionXml.Batches;

/// <summary>Batches of documents in the order of their lengths.</summary>
internal sealed class EvaluationBatches : IEnumerable<TextBatch>
{
    private readonly Documents _documents;
    private readonly int _labels;
    private readonly int _batchSize;
    private readonly int[] _order;

    public EvaluationBatches(Documents documents, int labels, int batchSize)
    {
        _documents = documents;
        _labels = labels;
        _batchSize = batchSize;
        _order = [.. documents.Indices];
        ByLength.Sort(documents.Corpus, _order);
    }

    public IEnumerator<TextBatch> GetEnumerator()
    {
        for (var start = 0; start < _order.Length; start += _batchSize)
        {
            yield return TextBatch.Create(_documents.Corpus, _order.AsMemory(start, Math.Min(_batchSize, _order.Length - start)), _labels);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
