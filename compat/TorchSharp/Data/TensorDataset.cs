using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Items that are the slices of tensors along their first dimension.</summary>
public class TensorDataset : torch.utils.data.IterableDataset
{
    private readonly Tensor[] _tensors;

    internal TensorDataset(Tensor[] tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Length == 0)
        {
            throw new ArgumentException("A dataset needs at least one tensor.", nameof(tensors));
        }

        var count = tensors[0].shape[0];
        if (tensors.FirstOrDefault(tensor => tensor.shape[0] != count) is { } other)
        {
            throw new ArgumentException(
                $"The first tensor has {count} items and another has {other.shape[0]}; all must have the same.", nameof(tensors));
        }

        // Other objects for the same memory: they live as long as the dataset, whatever becomes of the caller's.
        _tensors = [.. tensors.Select(tensor => tensor.alias().DetachFromDisposeScope())];
    }

    public override long Count => _tensors[0].shape[0];

    public IList<Tensor> this[long index] => [.. _tensors.Select(tensor => tensor[index])];

    public override IList<Tensor> GetTensor(long index) => this[index];

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var tensor in _tensors)
            {
                tensor.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
