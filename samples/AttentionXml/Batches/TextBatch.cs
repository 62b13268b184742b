using AttentionXml.Data;
using AttentionXml.Tree;
using Fulgurite;
using static TorchSharp.torch;

namespace AttentionXml.Batches;

/// <summary>Documents as tensors.</summary>
/// <param name="Words">Int64, documents x longest document; shorter ones are padded at the end.</param>
/// <param name="TargetPlaces">
/// Int64: the positions of the ones in the flat matrix of documents x nodes of the level, or documents x candidates; the rest is zero.
/// </param>
/// <param name="Documents">The rows, by their numbers in <paramref name="Corpus"/>.</param>
/// <param name="Corpus">The corpus of the documents.</param>
/// <param name="Candidates">Int64, documents x candidates: nodes of the level; null for all nodes.</param>
/// <param name="CandidateScores">
/// Float32, documents x candidates: the logarithms of the parents' probabilities; negative infinity for padding. Null for all nodes.
/// </param>
internal sealed record TextBatch(
    Tensor Words,
    Tensor TargetPlaces,
    ReadOnlyMemory<int> Documents,
    Corpus Corpus,
    Tensor? Candidates = null,
    Tensor? CandidateScores = null)
    : IDeviceTransferable
{
    public int Count => Documents.Length;

    public object To(Device device) => this with
    {
        Words = Words.to(device),
        TargetPlaces = TargetPlaces.to(device),
        Candidates = Candidates?.to(device),
        CandidateScores = CandidateScores?.to(device),
    };

    /// <summary>Creates the tensors; they belong to the dispose scope of the caller.</summary>
    /// <param name="corpus">The corpus of the documents.</param>
    /// <param name="documents">Their numbers.</param>
    /// <param name="level">The predicted level.</param>
    /// <param name="above">The best nodes of the level above; null for the first level.</param>
    /// <param name="isTraining">True to include the parents of the true nodes in the candidates.</param>
    public static TextBatch Create(
        Corpus corpus, ReadOnlyMemory<int> documents, TreeLevel level, Candidates? above = null, bool isTraining = false)
    {
        var rows = documents.Span;
        var width = 0;
        foreach (var document in rows)
        {
            width = Math.Max(width, corpus.Words[document].Length);
        }

        var words = new long[rows.Length * width];
        for (var row = 0; row < rows.Length; row++)
        {
            var place = row * width;
            foreach (var word in corpus.Words[rows[row]])
            {
                words[place++] = word;
            }
        }

        var batch = new TextBatch(tensor(words, rows.Length, width), null!, documents, corpus);
        return above is null ? batch.WithTargets(level) : batch.WithCandidates(level, above, isTraining);
    }

    private TextBatch WithTargets(TreeLevel level)
    {
        var places = new List<long>();
        var nodes = new List<int>();
        for (var row = 0; row < Count; row++)
        {
            nodes.Clear();
            level.AddNodes(Corpus.Labels[Documents.Span[row]], nodes);
            foreach (var node in nodes)
            {
                places.Add(((long)row * level.Count) + node);
            }
        }

        return this with { TargetPlaces = tensor(places.ToArray()) };
    }

    private TextBatch WithCandidates(TreeLevel level, Candidates above, bool isTraining)
    {
        var rows = new List<long>[Count];
        var rowScores = new List<float>[Count];
        var parents = new List<int>();
        for (var row = 0; row < Count; row++)
        {
            parents.Clear();
            parents.AddRange(above.Nodes(Documents.Span[row]));
            var scores = above.Scores(Documents.Span[row]);
            if (isTraining)
            {
                Include(level.Above!, Corpus.Labels[Documents.Span[row]], parents, above.Beam);
            }

            (rows[row], rowScores[row]) = ([], []);
            for (var i = 0; i < parents.Count; i++)
            {
                foreach (var child in level.Children(parents[i]))
                {
                    rows[row].Add(child);

                    // Training uses no scores, and the included parents have none.
                    rowScores[row].Add(isTraining ? 0 : scores[i]);
                }
            }
        }

        var width = Math.Max(1, rows.Max(row => row.Count));
        var candidates = new long[Count * width];
        var candidateScores = new float[Count * width];
        candidateScores.AsSpan().Fill(float.NegativeInfinity);
        var places = new List<long>();
        var nodes = new List<int>();
        for (var row = 0; row < Count; row++)
        {
            rows[row].CopyTo(candidates, row * width);
            rowScores[row].CopyTo(candidateScores, row * width);
            nodes.Clear();
            level.AddNodes(Corpus.Labels[Documents.Span[row]], nodes);
            foreach (var node in nodes)
            {
                if (rows[row].IndexOf(node) is >= 0 and var index)
                {
                    places.Add(((long)row * width) + index);
                }
            }
        }

        return this with
        {
            TargetPlaces = tensor(places.ToArray()),
            Candidates = tensor(candidates, Count, width),
            CandidateScores = tensor(candidateScores, Count, width),
        };
    }

    /// <summary>Replaces the lowest-ranked wrong parents by the missing true ones.</summary>
    private static void Include(TreeLevel above, ReadOnlySpan<int> labels, List<int> parents, int beam)
    {
        var missing = new List<int>();
        above.AddNodes(labels, missing);
        var isTrue = missing.ToHashSet();
        missing.RemoveAll(parents.Contains);
        for (var i = parents.Count - 1; i >= 0 && parents.Count + missing.Count > beam; i--)
        {
            if (!isTrue.Contains(parents[i]))
            {
                parents.RemoveAt(i);
            }
        }

        parents.AddRange(missing);
    }
}
