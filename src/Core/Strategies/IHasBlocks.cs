using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Implemented by a module that names its blocks. Several processes then average the gradients of a block while the backward pass goes on
/// with the blocks before it.
/// </summary>
/// <remarks>
/// Call the blocks by <c>call</c>, not by <c>forward</c>. A block may not change its input in place. Parameters outside of blocks, and
/// those of blocks that a batch does not use, are averaged after the backward pass.
/// </remarks>
public interface IHasBlocks
{
    /// <summary>Gets the blocks in the order of the forward pass; the same in every process. Read at the start of a run.</summary>
    IEnumerable<nn.Module<Tensor, Tensor>> Blocks { get; }
}
