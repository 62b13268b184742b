using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What an optimizer keeps, under PyTorch's names: of each parameter, and as settings of each group.</summary>
internal abstract class OptimizerLayout
{
    public abstract bool IsOf(OptimizerOptions options);

    /// <summary>The tensors, live, that are kept of a parameter.</summary>
    public abstract IEnumerable<Tensor> Tensors(OptimizerState state);

    /// <summary>What is kept of a parameter; tensors are live.</summary>
    public abstract StateMap Capture(OptimizerState state, OptimizerOptions options);

    /// <summary>Finds what does not fit, before anything is changed.</summary>
    public abstract void Check(StateMap entry, ReadOnlySpan<long> shape, string path);

    /// <summary>Whether the live state has a tensor that a saved one lacks.</summary>
    public abstract bool HasMore(OptimizerState state, StateMap entry);

    /// <summary>Writes through the live state, so that its tensors keep their identity.</summary>
    public abstract void Apply(StateMap entry, OptimizerState state, OptimizerOptions options, Device device, TensorCopies copies);

    public abstract StateMap Capture(OptimizerOptions options);

    /// <summary>Takes over the settings that a group has; others stay.</summary>
    public abstract void Apply(StateMap group, OptimizerOptions options);
}
