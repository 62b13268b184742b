using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Converts tensors to numbers.</summary>
internal static class TensorNumbers
{
    /// <summary>Returns the only element of a tensor of any type and device.</summary>
    /// <exception cref="ArgumentException">The tensor does not have exactly one element, or is complex.</exception>
    public static double ToNumber(this Tensor tensor)
    {
        if (tensor.numel() != 1)
        {
            throw new ArgumentException(
                $"Expected a tensor with one element, but got the shape [{string.Join(", ", tensor.shape)}]. Reduce it first, "
                    + "for example with mean().",
                nameof(tensor));
        }

        switch (tensor.dtype)
        {
            case ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64:
                throw new ArgumentException(
                    "Expected a real number and got a complex tensor. Log its absolute value (abs()), "
                        + "or its real and its imaginary part under two names.",
                    nameof(tensor));
            case ScalarType.Float32:
                return tensor.item<float>();
            case ScalarType.Float64:
                return tensor.item<double>();
            default:
                using (var converted = tensor.to_type(ScalarType.Float64))
                {
                    return converted.item<double>();
                }
        }
    }
}
