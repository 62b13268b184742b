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
    public static Tensor Mean(Tensor? own, Tensor like, ICollectives collectives)
    {
        using var scope = NewDisposeScope();
        var parts = Gather(own, like, collectives);
        using Scalar processes = (double)collectives.WorldSize;
        return sparse_coo_tensor(
            cat(parts.ConvertAll(part => part.Indices), 1), cat(parts.ConvertAll(part => part.Values)) / processes, like.shape)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Returns the indices and values of a sparse tensor of all processes, by rank. The dispose scope owns them.</summary>
    /// <param name="own">The tensor of this process; null if it has none.</param>
    /// <param name="like">A dense tensor of the same type, shape and device.</param>
    /// <param name="collectives">The collectives; all processes make the call.</param>
    public static List<(Tensor Indices, Tensor Values)> Gather(Tensor? own, Tensor like, ICollectives collectives)
    {
        var indices = own?.SparseIndices ?? zeros(1, 0, ScalarType.Int64, device: like.device);
        var values = own?.SparseValues ?? zeros([0, .. like.shape[1..]], like.dtype, like.device);

        // Processes with fewer entries send zeros after them.
        var shapes = collectives.AllGather(tensor(indices.shape)).unbind().Select(shape => shape.data<long>().ToArray()).ToList();
        var (dimensions, longest) = (
            shapes.Where(shape => shape[1] > 0).Select(shape => shape[0]).FirstOrDefault(1), shapes.Max(shape => shape[1]));
        if (shapes[collectives.Rank][1] == 0)
        {
            (indices, values) = (
                zeros(dimensions, 0, ScalarType.Int64, device: like.device),
                zeros([0, .. like.shape[(int)dimensions..]], like.dtype, like.device));
        }

        if (longest == 0)
        {
            return shapes.ConvertAll(_ => (indices, values));
        }

        var missing = longest - indices.shape[1];
        var allIndices = collectives.AllGather(cat([indices, zeros(dimensions, missing, ScalarType.Int64, device: like.device)], 1));
        var allValues = collectives.AllGather(cat([values, zeros([missing, .. values.shape[1..]], like.dtype, like.device)]));
        return [.. shapes.Select((shape, rank) => (allIndices[rank].narrow(1, 0, shape[1]), allValues[rank].narrow(0, 0, shape[1])))];
    }
}
