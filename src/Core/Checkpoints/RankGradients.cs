using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The gradients of an incomplete accumulation window in a checkpoint of several processes, which have not been averaged yet: a list of the
/// maps of all processes, by rank.
/// </summary>
internal static class RankGradients
{
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
        for (var index = 0; index < parameters.Length; index++)
        {
            using var scope = NewDisposeScope();
            var gradient = parameters[index].grad;
            if (!collectives.ReduceDecision(gradient is not null, all: false))
            {
                continue;
            }

            var own = gradient is null ? zeros_like(parameters[index]) : gradient.is_sparse ? gradient.to_dense() : gradient;
            var gathered = collectives.AllGather(own).unbind();
            for (var rank = 0; rank < all.Length; rank++)
            {
                all[rank][index] = TensorData.FromValues<byte>(TensorBytes.Of(gathered[rank]), own.dtype, own.shape);
            }
        }

        return new StateList(all);
    }

    /// <summary>Returns the gradients of a process; for another number of processes than that of the checkpoint, the mean.</summary>
    public static StateMap Of(StateList saved, ICollectives collectives)
    {
        if (saved.Count == collectives.WorldSize)
        {
            return saved[collectives.Rank].AsMap();
        }

        var means = new StateMap();
        foreach (var (key, _) in saved[0].AsMap())
        {
            using var scope = NewDisposeScope();
            var sum = ((TensorData)saved[0].AsMap()[key]).ToTensor();
            for (var rank = 1; rank < saved.Count; rank++)
            {
                sum.add_(((TensorData)saved[rank].AsMap()[key]).ToTensor());
            }

            using Scalar count = saved.Count;
            sum.div_(count);
            means[key] = TensorData.FromValues<byte>(TensorBytes.Of(sum), sum.dtype, sum.shape);
        }

        return means;
    }
}
