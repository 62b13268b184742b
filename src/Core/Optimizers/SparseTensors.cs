using System.Runtime.InteropServices;
using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Operations on sparse gradients of embeddings that TorchSharp lacks.</summary>
/// <remarks>Numbers are variables: nothing keeps alive an operand that is converted in the call (docs/training.md).</remarks>
internal static class SparseTensors
{
    private const string Indices = "indices";
    private const string Values = "values";
    private const string Shape = "shape";

    /// <summary>Returns the values of a sparse tensor, with duplicates summed.</summary>
    public static Tensor CoalescedValues(Tensor tensor) => Coalesce(tensor).Values;

    /// <summary>Clips gradients to a total norm. libtorch's function ignores sparse ones.</summary>
    public static void ClipNorm(Parameter[] dense, Parameter[] sparse, double largest)
    {
        if (sparse.Length == 0)
        {
            nn.utils.clip_grad_norm_(dense, largest);
            return;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var gradients = dense.Select(parameter => parameter.grad).OfType<Tensor>().ToList();
        var device = sparse[0].device;
        var norms = gradients.Concat(sparse.Select(parameter => CoalescedValues(parameter.grad!))).Select(
            values => values.norm().to(float32, device));
        using Scalar limit = largest;
        using Scalar epsilon = 1e-6;
        using Scalar zero = 0;
        using Scalar one = 1;
        var factor = (limit / stack(norms).norm().add(epsilon, alpha: one)).clamp(zero, one);
        foreach (var gradient in gradients)
        {
            gradient.mul_(factor.to(gradient.dtype, gradient.device));
        }

        foreach (var parameter in sparse)
        {
            var gradient = parameter.grad!;
            parameter.grad = sparse_coo_tensor(
                gradient.SparseIndices, gradient.SparseValues * factor.to(gradient.dtype, gradient.device), gradient.shape);
        }
    }

    /// <summary>Clips the elements of sparse gradients.</summary>
    public static void ClipValue(Parameter[] sparse, double limit)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var parameter in sparse)
        {
            parameter.grad = Clamp(parameter.grad!, limit);
        }
    }

    /// <summary>Returns a gradient with clipped elements.</summary>
    public static Tensor Clamp(Tensor gradient, double limit)
    {
        var (indices, values) = Coalesce(gradient);
        using Scalar least = -limit;
        using Scalar largest = limit;
        return sparse_coo_tensor(indices, values.clamp(least, largest), gradient.shape);
    }

    /// <summary>Returns the exact state of a dense or sparse gradient, in the order of accumulation. Tensors are live.</summary>
    public static StateValue Capture(Tensor gradient) => gradient.is_sparse
        ? Capture(TensorData.FromTensor(gradient.SparseIndices), TensorData.FromTensor(gradient.SparseValues), gradient.shape)
        : TensorData.FromTensor(gradient);

    /// <summary>Returns the state of a sparse gradient of these entries.</summary>
    public static StateMap Capture(TensorData indices, TensorData values, long[] shape) => new()
    {
        [Indices] = indices,
        [Values] = values,
        [Shape] = new StateList(shape.Select(size => (StateValue)size)),
    };

    /// <summary>Restores the gradient that <see cref="Capture(Tensor)"/> saved.</summary>
    /// <exception cref="InvalidOperationException">The state is none of a gradient, or an index is out of range.</exception>
    public static Tensor Restore(StateValue saved, Device device)
    {
        if (saved is not StateMap parts)
        {
            return saved.AsTensor().ToTensor(device);
        }

        long[] shape = [.. parts[Shape].AsList().Select(size => size.AsInteger())];
        CheckEntries(parts[Indices].AsTensor(), parts[Values].AsTensor(), shape);
        using var indices = parts[Indices].AsTensor().ToTensor(device);
        using var values = parts[Values].AsTensor().ToTensor(device);
        return sparse_coo_tensor(indices, values, shape);
    }

    /// <summary>Compares the parts of a saved gradient. libtorch does not, and would access memory outside of the tensor.</summary>
    private static void CheckEntries(TensorData indices, TensorData values, ReadOnlySpan<long> shape)
    {
        var fits = indices is { Type: ScalarType.Int64, Shape.Length: 2 } && values.Shape.Length > 0
            && indices.Shape[0] <= shape.Length && indices.Shape[1] == values.Shape[0]
            && values.Shape[1..].SequenceEqual(shape[(int)indices.Shape[0]..]);
        if (fits)
        {
            var places = new long[indices.ElementCount];
            indices.CopyTo(MemoryMarshal.AsBytes(places.AsSpan()));
            for (var place = 0; place < places.Length; place++)
            {
                fits &= places[place] >= 0 && places[place] < shape[(int)(place / indices.Shape[1])];
            }
        }

        if (!fits)
        {
            throw new InvalidOperationException(
                $"It has a sparse gradient of shape [{string.Join(", ", shape.ToArray())}] whose indices ({indices}) or values ({values}) "
                    + "are not those of such a tensor.");
        }
    }

    private static (Tensor Indices, Tensor Values) Coalesce(Tensor tensor)
    {
        var (indices, values, shape) = (tensor.SparseIndices, tensor.SparseValues, tensor.shape);
        if (values.shape[0] < 2)
        {
            return (indices, values);
        }

        // The number of each place among all; by these the values of one place are found.
        var places = indices[0];
        for (var dimension = 1; dimension < indices.shape[0]; dimension++)
        {
            using Scalar length = shape[dimension];
            places = (places * length) + indices[dimension];
        }

        var (unique, inverse, _) = places.unique(sorted: true, return_inverse: true, return_counts: false, null);
        var sums = zeros([unique.shape[0], .. values.shape[1..]], dtype: values.dtype, device: values.device)
            .index_add_(0, inverse!, values, 1);
        var parts = new Tensor[indices.shape[0]];
        for (var dimension = parts.Length - 1; dimension > 0; dimension--)
        {
            using Scalar length = shape[dimension];
            parts[dimension] = unique.remainder(length);
            unique = unique.div(length, RoundingMode.floor);
        }

        parts[0] = unique;
        return (stack(parts), sums);
    }
}

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
