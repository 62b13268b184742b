namespace AttentionXml.Model;

/// <summary>The best nodes of a level for each document of a batch.</summary>
/// <param name="depth">The number of nodes of each document.</param>
/// <param name="nodes">Documents x depth: the nodes, best first.</param>
/// <param name="scores">Their scores; negative infinity after the last node of a document with fewer.</param>
internal sealed class NodeRanking(int depth, int[] nodes, float[] scores)
{
    /// <summary>Returns the nodes of a document and their scores, best first.</summary>
    /// <param name="row">The row of the document in the batch.</param>
    public (ReadOnlyMemory<int> Nodes, ReadOnlyMemory<float> Scores) Of(int row)
    {
        var length = depth;
        while (length > 0 && float.IsNegativeInfinity(scores[(row * depth) + length - 1]))
        {
            length--;
        }

        return (nodes.AsMemory(row * depth, length), scores.AsMemory(row * depth, length));
    }
}
