using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The state of an optimizer under PyTorch's names: per parameter, and the settings of each group.</summary>
internal abstract class OptimizerLayout
{
    public abstract bool IsOf(OptimizerOptions options);

    /// <summary>Returns the live state tensors of a parameter.</summary>
    public abstract IEnumerable<Tensor> Tensors(OptimizerState state);

    /// <summary>Returns the state of a parameter. The tensors are live.</summary>
    public abstract StateMap Capture(OptimizerState state, OptimizerOptions options, TensorStability stability);

    /// <summary>Validates a saved state before anything is changed.</summary>
    public abstract void Check(StateMap entry, ReadOnlySpan<long> shape, string path);

    /// <summary>Returns whether the live state has a tensor that the saved one does not.</summary>
    public abstract bool HasMore(OptimizerState state, StateMap entry);

    /// <summary>Writes to the live state in place, so that its tensors keep their identity.</summary>
    public abstract void Apply(StateMap entry, OptimizerState state, OptimizerOptions options, Device device, TensorCopies copies);

    public abstract StateMap Capture(OptimizerOptions options);

    /// <summary>Applies the settings that a saved group contains. Others remain unchanged.</summary>
    public abstract void Apply(StateMap group, OptimizerOptions options);
}
