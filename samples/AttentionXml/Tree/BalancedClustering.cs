namespace AttentionXml.Tree;

/// <summary>
/// Clusters labels by balanced 2-means with cosine similarity: every cluster is split into two halves of equal size (odd sizes differ by
/// one) until each has the requested size. The result depends on the seed only, not on the number of threads.
/// </summary>
internal static class BalancedClustering
{
    // The similarity to the centers improves by less than this in the last iteration.
    private const double Tolerance = 1e-4;
    private const int MaxIterations = 50;

    /// <summary>Returns the logarithm of the number of clusters.</summary>
    /// <param name="labels">The number of labels.</param>
    /// <param name="clusterSize">The maximum number of labels in a cluster.</param>
    public static int HeightFor(int labels, int clusterSize)
    {
        var height = 0;
        while (((long)clusterSize << height) < labels)
        {
            height++;
        }

        return height;
    }

    /// <summary>Returns the cluster of every label, numbered so that the halves of a cluster are neighbors.</summary>
    /// <param name="labels">The representations.</param>
    /// <param name="height">The number of splits from the root to a cluster.</param>
    /// <param name="seed">The seed of the first centers.</param>
    public static int[] Split(LabelRepresentations labels, int height, int seed)
    {
        List<int[]> nodes = [[.. Enumerable.Range(0, labels.Count)]];
        for (var depth = 0; depth < height; depth++)
        {
            var halves = new int[nodes.Count * 2][];
            var (parents, level) = (nodes, depth);
            Parallel.For(
                0,
                parents.Count,
                () => (Left: new SparseSum(labels.Dimension), Right: new SparseSum(labels.Dimension)),
                (node, _, centers) =>
                {
                    var random = new Random(unchecked((seed * 1_000_003) + (1 << level) + node));
                    (halves[2 * node], halves[(2 * node) + 1]) = Halve(labels, parents[node], random, centers.Left, centers.Right);
                    return centers;
                },
                _ => { });
            nodes = [.. halves];
        }

        var result = new int[labels.Count];
        for (var node = 0; node < nodes.Count; node++)
        {
            foreach (var label in nodes[node])
            {
                result[label] = node;
            }
        }

        return result;
    }

    private static (int[] Left, int[] Right) Halve(LabelRepresentations labels, int[] node, Random random, SparseSum left, SparseSum right)
    {
        var half = (node.Length + 1) / 2;
        if (node.Length < 2)
        {
            return (node, []);
        }

        var first = random.Next(node.Length);
        var second = (first + 1 + random.Next(node.Length - 1)) % node.Length;
        SetCenter(left, labels, [node[first]]);
        SetCenter(right, labels, [node[second]]);
        var order = node.ToArray();
        var keys = new ulong[node.Length];
        var before = double.NegativeInfinity;
        for (var iteration = 0; iteration < MaxIterations; iteration++)
        {
            // From the most similar to the left center to the most similar to the right one; equal ones by their number.
            right.Subtract(left);
            for (var i = 0; i < order.Length; i++)
            {
                var similarity = right.Dot(labels.Words(order[i]), labels.Weights(order[i]));
                keys[i] = ((ulong)Sortable(similarity) << 32) | (uint)order[i];
            }

            Array.Sort(keys);
            for (var i = 0; i < order.Length; i++)
            {
                order[i] = (int)(uint)keys[i];
            }

            var sum = SetCenter(left, labels, order.AsSpan(..half)) + SetCenter(right, labels, order.AsSpan(half..));
            var mean = sum / order.Length;
            if (mean - before < Tolerance)
            {
                break;
            }

            before = mean;
        }

        left.Clear();
        right.Clear();
        return (order[..half], order[half..]);
    }

    /// <summary>Returns a number that orders as the given one.</summary>
    private static uint Sortable(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (bits >> 31) == 0 ? bits | 0x8000_0000 : ~bits;
    }

    /// <summary>Sets the normalized sum of some labels.</summary>
    /// <returns>The sum of the similarities of the labels to it, which is the length of their sum.</returns>
    private static double SetCenter(SparseSum center, LabelRepresentations labels, ReadOnlySpan<int> members)
    {
        center.Clear();
        foreach (var label in members)
        {
            var words = labels.Words(label);
            var weights = labels.Weights(label);
            for (var i = 0; i < words.Length; i++)
            {
                center.Add(words[i], weights[i]);
            }
        }

        return center.Normalize();
    }
}
