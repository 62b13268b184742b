using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Captures and applies the state of libtorch's CPU random number generator.</summary>
internal static class RandomState
{
    public static TensorData Capture()
    {
        using var state = get_rng_state();
        return TensorData.FromValues<byte>(state.bytes, ScalarType.Byte, state.numel());
    }

    /// <summary>Returns the entry of a checkpoint: the state of rank 0, and with several processes those of all by rank.</summary>
    /// <param name="collectives">The collectives of the processes.</param>
    /// <param name="isWhole">Whether all processes contribute; if false, the state of this one stands for the others.</param>
    public static StateMap StateDict(ICollectives collectives, bool isWhole)
    {
        if (collectives.WorldSize == 1)
        {
            return new StateMap { ["cpu"] = Capture() };
        }

        if (!isWhole)
        {
            return new StateMap { ["cpu"] = Capture(), ["ranks"] = new StateList(Enumerable.Range(0, collectives.WorldSize).Select(_ => Capture())) };
        }

        using var scope = NewDisposeScope();
        var states = collectives.AllGather(get_rng_state()).unbind();
        var all = Array.ConvertAll(states, state => TensorData.FromValues<byte>(state.contiguous().bytes, ScalarType.Byte, state.numel()));
        return new StateMap { ["cpu"] = all[0], ["ranks"] = new StateList(all) };
    }

    /// <summary>Applies the state of a process from the entry of a checkpoint.</summary>
    /// <returns>true if there is a state; otherwise, false.</returns>
    public static bool Apply(StateMap saved, int rank)
    {
        var own = saved.TryGetValue("ranks", out var ranks) && rank < ranks.AsList().Count ? ranks.AsList()[rank] : saved.TryGetValue("cpu", out var cpu) ? cpu : null;
        if (own is not TensorData random)
        {
            return false;
        }

        Apply(random);
        return true;
    }

    public static void Apply(TensorData saved)
    {
        using var state = saved.ToTensor();
        set_rng_state(state);
    }
}
