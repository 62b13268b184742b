
namespace Fulgurite.IO;

/// <summary>Makes storages and tensors of what PyTorch writes for nearly all of them; rarer forms are left to <see cref="TorchTensorBuilder"/>.</summary>
internal sealed class TorchMaker : IPickleMaker
{
    /// <summary>What makes a tensor: a pickle names it once and refers to it from then on.</summary>
    private PickleGlobal? _rebuild;

    public PickleMade? TryRefer(ReadOnlySpan<object?> id) => TorchStorageNode.TryMake(id);

    public PickleMade? TryCall(PickleGlobal callable, ReadOnlySpan<object?> arguments)
    {
        if (!ReferenceEquals(callable, _rebuild))
        {
            if (callable.Name != TorchTensorBuilder.Rebuild)
            {
                return null;
            }

            _rebuild = callable;
        }

        return arguments is [TorchStorageNode storage, long offset, PickleTuple shape, PickleTuple strides, ..]
            ? new TorchTensorNode(storage, offset, shape, strides)
            : null;
    }
}
