using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

/// <summary>A tensor of a torch file.</summary>
/// <param name="storage">The storage that it lies in.</param>
/// <param name="offset">Where in it, in elements.</param>
/// <param name="shape">Its shape.</param>
/// <param name="strides">Its strides.</param>
internal sealed class TorchTensorNode(TorchStorageNode storage, long offset, PickleTuple shape, PickleTuple strides) : PickleMade
{
    public TorchStorageNode Storage { get; } = storage;

    public long Offset { get; } = offset;

    public PickleTuple Shape { get; } = shape;

    public PickleTuple Strides { get; } = strides;
}
