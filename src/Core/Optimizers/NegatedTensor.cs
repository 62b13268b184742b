using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A negated copy of a live tensor, with its own memory.</summary>
internal static class NegatedTensor
{
    // A span is limited to less than 2 GiB.
    private const long ElementsAtOnce = 1 << 26;

    public static TensorData Capture(Tensor tensor)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var type = tensor.dtype;
        var storage = new HostTensorStorage(tensor.numel() * type.ElementByteSize());
        var elements = tensor.contiguous().flatten();
        for (long start = 0; start < elements.shape[0]; start += ElementsAtOnce)
        {
            using var part = elements.narrow(0, start, Math.Min(ElementsAtOnce, elements.shape[0] - start)).neg().cpu();
            var bytes = part.bytes;
            bytes.CopyTo(storage.GetWritableBytes(start * type.ElementByteSize(), bytes.Length));
        }

        return new TensorData(storage, type, tensor.shape, TensorShape.ContiguousStrides(tensor.shape));
    }
}
