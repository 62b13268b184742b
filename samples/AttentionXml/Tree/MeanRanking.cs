namespace AttentionXml.Tree;

/// <summary>Ranks the labels of one document by the means of their probabilities in several trees.</summary>
internal sealed class MeanRanking
{
    /// <summary>The number of labels that a tree ranks; others count as improbable in it.</summary>
    public const int Depth = 100;

    private readonly Dictionary<int, double> _sums = [];

    /// <summary>Adds the labels of a tree.</summary>
    /// <param name="labels">The labels, each once.</param>
    /// <param name="scores">The logarithms of their probabilities.</param>
    public void Add(ReadOnlySpan<int> labels, ReadOnlySpan<float> scores)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            _sums[labels[i]] = _sums.GetValueOrDefault(labels[i]) + Math.Exp(scores[i]);
        }
    }

    /// <summary>Returns the best labels, the most probable one first; of equal ones, the more frequent one first.</summary>
    /// <param name="count">The number of labels to return at most.</param>
    public int[] Best(int count) =>
        [.. _sums.OrderByDescending(label => label.Value).ThenBy(label => label.Key).Take(count).Select(label => label.Key)];
}
