namespace AttentionXml.Tree;

/// <summary>
/// One level of a label tree as a classification task: its nodes are the classes. The nodes of the last level are the labels.
/// </summary>
internal sealed class TreeLevel
{
    // Null: a node is a label.
    private readonly int[]? _nodes;
    private readonly int[] _childStarts, _children;

    /// <param name="above">The level above; null for the first one.</param>
    /// <param name="count">The number of nodes.</param>
    /// <param name="nodes">The node of every label; null if the nodes are the labels.</param>
    /// <param name="parents">The parent of every node in <paramref name="above"/>; empty for the first level.</param>
    public TreeLevel(TreeLevel? above, int count, int[]? nodes, ReadOnlySpan<int> parents)
    {
        (Above, Count, _nodes) = (above, count, nodes);
        Index = above is null ? 0 : above.Index + 1;
        _childStarts = new int[above is null ? 0 : above.Count + 1];
        _children = new int[parents.Length];
        foreach (var parent in parents)
        {
            _childStarts[parent + 1]++;
        }

        for (var parent = 1; parent < _childStarts.Length; parent++)
        {
            _childStarts[parent] += _childStarts[parent - 1];
        }

        var next = _childStarts.ToArray();
        for (var node = 0; node < parents.Length; node++)
        {
            _children[next[parents[node]]++] = node;
        }
    }

    /// <summary>Gets the level above; null for the first one.</summary>
    public TreeLevel? Above { get; }

    /// <summary>Gets the number of levels above.</summary>
    public int Index { get; }

    /// <summary>Gets the number of nodes.</summary>
    public int Count { get; }

    /// <summary>Gets a value indicating whether the nodes are the labels.</summary>
    public bool IsLast => _nodes is null;

    /// <summary>Returns the only level of a flat model.</summary>
    /// <param name="labels">The number of labels.</param>
    public static TreeLevel Flat(int labels) => new(null, labels, null, []);

    /// <summary>Returns the node of a label.</summary>
    public int Node(int label) => _nodes is null ? label : _nodes[label];

    /// <summary>Returns the nodes whose parent is a node of the level above.</summary>
    public ReadOnlySpan<int> Children(int parent) => _children.AsSpan(_childStarts[parent].._childStarts[parent + 1]);

    /// <summary>Returns the parent of every node in the level above.</summary>
    public long[] Parents()
    {
        var result = new long[_children.Length];
        for (var parent = 0; parent < _childStarts.Length - 1; parent++)
        {
            foreach (var child in Children(parent))
            {
                result[child] = parent;
            }
        }

        return result;
    }

    /// <summary>Adds the nodes of labels to an empty list, each once.</summary>
    public void AddNodes(ReadOnlySpan<int> labels, List<int> nodes)
    {
        foreach (var label in labels)
        {
            var node = Node(label);
            if (_nodes is null || !nodes.Contains(node))
            {
                nodes.Add(node);
            }
        }
    }
}
