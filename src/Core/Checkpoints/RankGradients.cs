using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The gradients of an incomplete accumulation window in a checkpoint of several processes, which have not been averaged yet: a list of the
/// maps of all processes, by rank. Sparse gradients stay sparse, and a process has only those that it had in its run.
/// </summary>
internal static class RankGradients
{
    private const byte None = 0;
    private const byte Dense = 1;
    private const byte Sparse = 2;

    /// <summary>Returns the gradients of all processes; all of them make the call.</summary>
    /// <param name="session">The session of the fit.</param>
    /// <param name="collectives">The collectives of the processes.</param>
    /// <param name="isWhole">Whether all processes contribute; if false, those of this one stand for the others.</param>
    public static StateList Capture(FitSession session, ICollectives collectives, bool isWhole)
    {
        if (!isWhole)
        {
            return new StateList(Enumerable.Range(0, collectives.WorldSize).Select(_ => session.CaptureGradients()));
        }

        var all = Enumerable.Range(0, collectives.WorldSize).Select(_ => new StateMap()).ToArray();
        using var _ = no_grad();
        var parameters = session.Parameters;
        var kinds = KindsByRank(parameters, collectives);
        for (var index = 0; index < parameters.Length; index++)
        {
            using var scope = NewDisposeScope();
            var (parameter, gradient) = (parameters[index], parameters[index].grad);
            if (Array.Exists(kinds, of => of[index] == Dense))
            {
                var gathered = collectives.AllGather(gradient is { is_sparse: false } ? gradient : zeros_like(parameter)).unbind();
                Add(index, Dense, rank => CopyOf(gathered[rank]));
            }

            if (Array.Exists(kinds, of => of[index] == Sparse))
            {
                var gathered = SparseReduction.Gather(gradient is { is_sparse: true } ? gradient : null, parameter, collectives);
                Add(index, Sparse, rank => CopyOf(gathered[rank].Indices, gathered[rank].Values, parameter.shape));
            }
        }

        return new StateList(all);

        void Add(int index, byte kind, Func<int, StateValue> capture)
        {
            for (var rank = 0; rank < all.Length; rank++)
            {
                if (kinds[rank][index] == kind)
                {
                    all[rank][index] = capture(rank);
                }
            }
        }
    }

    /// <summary>Returns the gradients of a process; for another number of processes than that of the checkpoint, the mean.</summary>
    public static StateMap Of(StateList saved, ICollectives collectives)
    {
        if (saved.Count == collectives.WorldSize)
        {
            return saved[collectives.Rank].AsMap();
        }

        var means = new StateMap();
        foreach (var key in saved.SelectMany(rank => rank.AsMap().Keys).Distinct())
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using Scalar count = saved.Count;
            using Scalar one = 1;
            var parts = new List<Tensor>();
            foreach (var rank in saved)
            {
                if (rank.AsMap().TryGetValue(key, out var part))
                {
                    parts.Add(SparseTensors.Restore(part, CPU));
                }
            }

            if (parts.TrueForAll(part => part.is_sparse))
            {
                // Parts without entries need not have the same number of dimensions.
                var filled = parts.FindAll(part => part.SparseIndices.shape[1] > 0) is { Count: > 0 } some ? some : parts[..1];
                means[key] = CopyOf(
                    cat(filled.ConvertAll(part => part.SparseIndices), 1), cat(filled.ConvertAll(part => part.SparseValues)).div(count),
                    parts[0].shape);
                continue;
            }

            var sum = zeros(parts[0].shape, parts.Find(part => !part.is_sparse)!.dtype);
            parts.ForEach(part => sum.add_(part, alpha: one));
            means[key] = CopyOf(sum.div_(count));
        }

        return means;
    }

    /// <summary>Returns the kind of each gradient in each process, by rank and parameter.</summary>
    private static byte[][] KindsByRank(Parameter[] parameters, ICollectives collectives)
    {
        if (parameters.Length == 0)
        {
            return [.. Enumerable.Range(0, collectives.WorldSize).Select(_ => Array.Empty<byte>())];
        }

        using var scope = NewDisposeScope();
        var own = Array.ConvertAll(
            parameters, parameter => parameter.grad is not { } gradient ? None : gradient.is_sparse ? Sparse : Dense);
        return [.. collectives.AllGather(tensor(own)).unbind().Select(kinds => kinds.data<byte>().ToArray())];
    }

    private static TensorData CopyOf(Tensor tensor) => TensorData.FromValues<byte>(TensorBytes.Of(tensor), tensor.dtype, tensor.shape);

    private static StateMap CopyOf(Tensor indices, Tensor values, long[] shape) =>
        SparseTensors.Capture(CopyOf(indices), CopyOf(values), shape);
}
