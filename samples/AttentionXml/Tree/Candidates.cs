using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Model;
using static TorchSharp.torch;

namespace AttentionXml.Tree;

/// <summary>
/// The best nodes of a level for each of some documents, found by beam search: their children are the candidates of the next level.
/// </summary>
internal sealed class Candidates
{
    private readonly int[] _rows, _nodes, _lengths;
    private readonly float[] _scores;

    private Candidates(Documents documents, int beam)
    {
        Beam = beam;
        _rows = new int[documents.Corpus.Count];
        for (var row = 0; row < documents.Count; row++)
        {
            _rows[documents.Indices[row]] = row;
        }

        _nodes = new int[documents.Count * beam];
        _scores = new float[documents.Count * beam];
        _lengths = new int[documents.Count];
    }

    /// <summary>Gets the maximum number of nodes of a document.</summary>
    public int Beam { get; }

    /// <summary>Returns the nodes of a document, best first.</summary>
    public ReadOnlySpan<int> Nodes(int document) => _nodes.AsSpan(_rows[document] * Beam, _lengths[_rows[document]]);

    /// <summary>Returns the logarithms of the probabilities of <see cref="Nodes"/>.</summary>
    public ReadOnlySpan<float> Scores(int document) => _scores.AsSpan(_rows[document] * Beam, _lengths[_rows[document]]);

    /// <summary>Searches one level.</summary>
    /// <param name="module">The trained model of the level.</param>
    /// <param name="level">The level.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="above">The result for the level above; null for the first level.</param>
    /// <param name="beam">The number of nodes to keep.</param>
    /// <param name="batchSize">The number of documents in a batch.</param>
    /// <param name="cancellation">Cancels the search.</param>
    public static Candidates Search(
        AttentionXmlModule module,
        TreeLevel level,
        Documents documents,
        Candidates? above,
        int beam,
        int batchSize,
        CancellationToken cancellation)
    {
        var result = new Candidates(documents, Math.Min(beam, level.Count));
        module.eval();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var batch in new EvaluationBatches(documents, level, batchSize, above))
        {
            cancellation.ThrowIfCancellationRequested();
            var ranking = module.Rank(batch, result.Beam);
            for (var i = 0; i < batch.Count; i++)
            {
                var row = result._rows[batch.Documents.Span[i]];
                var (nodes, scores) = ranking.Of(i);
                nodes.Span.CopyTo(result._nodes.AsSpan(row * result.Beam));
                scores.Span.CopyTo(result._scores.AsSpan(row * result.Beam));
                result._lengths[row] = nodes.Length;
            }

            scope.DisposeEverything();
        }

        return result;
    }
}
