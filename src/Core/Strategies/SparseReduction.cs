using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Averages sparse gradients: the rows of all processes together, so that the mean is as sparse as they are.</summary>
internal static class SparseReduction
{
    /// <summary>Returns the mean of a sparse tensor over all processes. The caller owns it.</summary>
    /// <param name="own">The tensor of this process; null if it has none.</param>
    /// <param name="like">A dense tensor of the same type, shape and device.</param>
    /// <param name="collectives">The collectives; all processes make the call.</param>
    public static Tensor Mean(Tensor? own, Tensor like, ProcessCollectives collectives)
    {
        using var scope = NewDisposeScope();
        var indices = own?.SparseIndices ?? zeros(1, 0, ScalarType.Int64, device: like.device);
        var values = own?.SparseValues ?? zeros([0, .. like.shape[1..]], like.dtype, like.device);

        // Processes with fewer entries send zeros after them.
        var shapes = collectives.Gather(new SparseShape(indices.shape[0], indices.shape[1]));
        var (dimensions, longest) = (shapes.Where(shape => shape.Entries > 0).Select(shape => shape.Dimensions).FirstOrDefault(1),
            shapes.Max(shape => shape.Entries));
        if (longest == 0)
        {
            return sparse_coo_tensor(indices, values, like.shape).MoveToOuterDisposeScope();
        }

        if (shapes[collectives.Rank].Entries == 0)
        {
            (indices, values) = (
                zeros(dimensions, 0, ScalarType.Int64, device: like.device),
                zeros([0, .. like.shape[(int)dimensions..]], like.dtype, like.device));
        }

        var missing = longest - indices.shape[1];
        var allIndices = collectives.AllGather(cat([indices, zeros(dimensions, missing, ScalarType.Int64, device: like.device)], 1));
        var allValues = collectives.AllGather(cat([values, zeros([missing, .. values.shape[1..]], like.dtype, like.device)]));
        var (partIndices, partValues) = (new List<Tensor>(), new List<Tensor>());
        for (var rank = 0; rank < shapes.Count; rank++)
        {
            partIndices.Add(allIndices[rank].narrow(1, 0, shapes[rank].Entries));
            partValues.Add(allValues[rank].narrow(0, 0, shapes[rank].Entries));
        }

        using Scalar processes = (double)collectives.WorldSize;
        return sparse_coo_tensor(cat(partIndices, 1), cat(partValues) / processes, like.shape).MoveToOuterDisposeScope();
    }

    private sealed record SparseShape(long Dimensions, long Entries);
}
