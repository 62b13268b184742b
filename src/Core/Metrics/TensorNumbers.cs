using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Converts tensors to numbers.</summary>
internal static class TensorNumbers
{
    /// <summary>The only element of a tensor of any type and device.</summary>
    /// <exception cref="ArgumentException">The tensor has more elements, or none, or is complex.</exception>
    public static double ToNumber(this Tensor tensor)
    {
        if (tensor.numel() != 1)
        {
            throw new ArgumentException($"Expected a tensor of one element and got the shape [{string.Join(", ", tensor.shape)}]. Reduce it first, for example with mean().", nameof(tensor));
        }

        switch (tensor.dtype)
        {
            case ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64:
                throw new ArgumentException("Expected a real number and got a complex tensor. Log its absolute value (abs()), or its real and its imaginary part under two names.", nameof(tensor));
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
