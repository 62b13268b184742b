using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Reduces or sends many tensors in few operations: small ones are packed into buckets of about 4 MiB, large ones are processed in place.
/// </summary>
/// <remarks>The processes add tensors of the same types and shapes in the same order, so they form the same buckets.</remarks>
/// <param name="process">Changes the elements of a contiguous tensor.</param>
internal sealed class TensorBuckets(Action<Tensor, ReduceOperation> process)
{
    private const long BucketBytes = 4 << 20;

    private readonly List<Tensor> _waiting = [];
    private long _bytes;

    /// <summary>Adds a tensor, whose elements have changed after the next <see cref="Flush"/>.</summary>
    public void Add(Tensor tensor)
    {
        var length = tensor.numel() * tensor.ElementSize;
        if (length == 0)
        {
            return;
        }

        if (length >= BucketBytes && tensor.is_contiguous())
        {
            process(tensor, ReduceOperation.Mean);
            return;
        }

        if (_waiting.Count > 0 && (_bytes + length > BucketBytes || _waiting[0].dtype != tensor.dtype))
        {
            Flush();
        }

        _waiting.Add(tensor);
        _bytes += length;
    }

    /// <summary>Processes the tensors that wait for their bucket to fill.</summary>
    public void Flush()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        using (NewDisposeScope())
        {
            var bucket = cat(_waiting.ConvertAll(tensor => tensor.reshape(-1)));
            process(bucket, ReduceOperation.Mean);
            long start = 0;
            foreach (var tensor in _waiting)
            {
                var length = tensor.numel();
                tensor.copy_(bucket.narrow(0, start, length).view(tensor.shape));
                start += length;
            }
        }

        _waiting.Clear();
        _bytes = 0;
    }
}
