namespace Fulgurite.IO;

/// <summary>Converts the usual forms of storages and tensors; <see cref="TorchTensorBuilder"/> handles the rare ones.</summary>
internal sealed class TorchMaker : IPickleMaker
{
    /// <summary>The function that rebuilds a tensor: a pickle names it once and refers to it afterwards.</summary>
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
