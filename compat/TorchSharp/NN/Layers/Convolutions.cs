using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A convolution over [batch, channels, length].</summary>
public sealed class Conv1d : Convolution
{
    internal Conv1d(ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Conv1d), shape, hasBias, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Apply("conv1d", "conv1d.padding", input);
}

/// <summary>A convolution over [batch, channels, height, width].</summary>
public sealed class Conv2d : Convolution
{
    internal Conv2d(ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Conv2d), shape, hasBias, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Apply("conv2d", "conv2d.padding", input);
}

/// <summary>A convolution over [batch, channels, depth, height, width].</summary>
public sealed class Conv3d : Convolution
{
    internal Conv3d(ConvolutionShape shape, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Conv3d), shape, hasBias, device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Apply("conv3d", "conv3d.padding", input);
}
