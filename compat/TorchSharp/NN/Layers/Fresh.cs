using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>New parameters of a layer. They belong to the layer, not to the dispose scope that it is made in.</summary>
internal static class Fresh
{
    internal static Parameter Parameter(long[] shape, Device? device, ScalarType? dtype)
    {
        var parameter = new Parameter(empty(shape, dtype: dtype, device: device));
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>Uniform up to <paramref name="bound"/>, both ways.</summary>
    internal static Parameter Uniform(long[] shape, double bound, Device? device, ScalarType? dtype)
    {
        var parameter = Parameter(shape, device, dtype);
        nn.init.uniform_(parameter, -bound, bound);
        return parameter;
    }

    /// <summary>A weight as Linear and the convolutions begin with, and a bias that fits it.</summary>
    internal static (Parameter Weight, Parameter? Bias) WeightAndBias(
        long[] shape, long biasLength, bool bias, Device? device, ScalarType? dtype)
    {
        var weight = Parameter(shape, device, dtype);
        nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));
        if (!bias)
        {
            return (weight, null);
        }

        var (fanIn, _) = nn.init.CalculateFanInAndFanOut(weight);
        return (weight, Uniform([biasLength], fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0, device, dtype));
    }
}
