namespace TorchSharp.Modules;

/// <summary>The settings of a convolution, one number for each spatial dimension.</summary>
internal sealed record ConvolutionShape(long In, long Out, long[] Kernel, long Groups)
{
    internal long[] Stride { get; init; } = Same(Kernel.Length, 1);

    internal long[]? Padding { get; init; } = Same(Kernel.Length, 0);

    internal Padding? PaddingType { get; init; }

    internal PaddingModes Mode { get; init; }

    internal long[] Dilation { get; init; } = Same(Kernel.Length, 1);

    internal long[] OutputPadding { get; init; } = Same(Kernel.Length, 0);

    internal bool Transposed { get; init; }

    internal long[] Weight => Transposed ? [In, Out / Groups, .. Kernel] : [Out, In / Groups, .. Kernel];

    internal static long[] Same(int dimensions, long value)
    {
        var values = new long[dimensions];
        Array.Fill(values, value);
        return values;
    }

    internal void Check()
    {
        if (Groups <= 0 || In % Groups != 0 || Out % Groups != 0)
        {
            throw new ArgumentException($"{In} channels in and {Out} out must both be multiples of groups, which is {Groups}.");
        }

        if (PaddingType == TorchSharp.Padding.Same && Stride.Any(step => step != 1))
        {
            throw new ArgumentException("Padding 'same' works with a stride of 1 only.");
        }
    }
}
