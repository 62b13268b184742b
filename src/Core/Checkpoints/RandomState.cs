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

    public static void Apply(TensorData saved)
    {
        using var state = saved.ToTensor();
        set_rng_state(state);
    }
}
