using AttentionXml.Data;

namespace AttentionXml.Tree;

/// <summary>A tree of label clusters. Every level has its own model, which chooses among the children of the level above.</summary>
internal sealed class LabelTree
{
    // Every node has 8 children, as in the paper.
    private const int BranchingBits = 3;

    private LabelTree(IReadOnlyList<TreeLevel> levels, string fingerprint) => (Levels, Fingerprint) = (levels, fingerprint);

    /// <summary>Gets the levels, from the root to the labels.</summary>
    public IReadOnlyList<TreeLevel> Levels { get; }

    /// <summary>Gets a text that is equal for equal trees; empty for a flat model.</summary>
    public string Fingerprint { get; }

    /// <summary>Returns the tree of a flat model: one level.</summary>
    public static LabelTree Flat(int labels) => new([TreeLevel.Flat(labels)], string.Empty);

    /// <summary>Returns a tree over clusters of labels.</summary>
    /// <param name="clusters">The cluster of every label, from 0 to below 2^<paramref name="height"/>; nearby clusters are similar.</param>
    /// <param name="height">The logarithm of the number of clusters.</param>
    /// <param name="levels">The number of levels including the labels, at least 2; fewer if the height does not suffice.</param>
    public static LabelTree Create(int[] clusters, int height, int levels)
    {
        var heights = Enumerable.Range(0, levels - 1).Select(i => height - (i * BranchingBits)).Where(h => h > 0).Reverse().ToArray();
        var result = new List<TreeLevel>();
        TreeLevel? above = null;
        foreach (var h in heights)
        {
            var shift = height - h;
            var parents = above is null ? [] : Array.ConvertAll(Range(1 << h), node => node >> BranchingBits);
            result.Add(above = new TreeLevel(above, 1 << h, Array.ConvertAll(clusters, cluster => cluster >> shift), parents));
        }

        result.Add(new TreeLevel(above, clusters.Length, null, above is null ? [] : clusters));
        return new LabelTree(result, $"{StableHash.Of(string.Join(' ', clusters)):x16}/{result.Count}");
    }

    private static int[] Range(int count) => [.. Enumerable.Range(0, count)];
}
