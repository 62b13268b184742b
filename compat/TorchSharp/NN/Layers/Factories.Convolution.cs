using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Conv1d Conv1d(
            long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size], groups)
                {
                    Stride = [stride],
                    Padding = [padding],
                    Dilation = [dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv1d Conv1d(
            long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size], groups)
                {
                    Stride = [stride],
                    Padding = null,
                    PaddingType = padding,
                    Dilation = [dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv2d Conv2d(
            long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size, kernel_size], groups)
                {
                    Stride = [stride, stride],
                    Padding = [padding, padding],
                    Dilation = [dilation, dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv2d Conv2d(
            long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null,
            (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
            ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, List(kernel_size), groups)
                {
                    Stride = List(stride, 1),
                    Padding = List(padding, 0),
                    Dilation = List(dilation, 1),
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv2d Conv2d(
            long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size, kernel_size], groups)
                {
                    Stride = [stride, stride],
                    Padding = null,
                    PaddingType = padding,
                    Dilation = [dilation, dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv2d Conv2d(
            long in_channels, long out_channels, (long, long) kernel_size, Padding padding, (long, long)? stride = null,
            (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
            ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, List(kernel_size), groups)
                {
                    Stride = List(stride, 1),
                    Padding = null,
                    PaddingType = padding,
                    Dilation = List(dilation, 1),
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv3d Conv3d(
            long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size, kernel_size, kernel_size], groups)
                {
                    Stride = [stride, stride, stride],
                    Padding = [padding, padding, padding],
                    Dilation = [dilation, dilation, dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv3d Conv3d(
            long in_channels, long out_channels, (long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null,
            (long, long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
            ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, List(kernel_size), groups)
                {
                    Stride = List(stride, 1),
                    Padding = List(padding, 0),
                    Dilation = List(dilation, 1),
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv3d Conv3d(
            long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size, kernel_size, kernel_size], groups)
                {
                    Stride = [stride, stride, stride],
                    Padding = null,
                    PaddingType = padding,
                    Dilation = [dilation, dilation, dilation],
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static Conv3d Conv3d(
            long in_channels, long out_channels, (long, long, long) kernel_size, Padding padding, (long, long, long)? stride = null,
            (long, long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
            ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, List(kernel_size), groups)
                {
                    Stride = List(stride, 1),
                    Padding = null,
                    PaddingType = padding,
                    Dilation = List(dilation, 1),
                    Mode = padding_mode,
                },
                bias, device, dtype);

        public static ConvTranspose1d ConvTranspose1d(
            long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size], groups)
                {
                    Stride = [stride],
                    Padding = [padding],
                    OutputPadding = [output_padding],
                    Dilation = [dilation],
                    Mode = padding_mode,
                    Transposed = true,
                },
                bias, device, dtype);

        public static ConvTranspose2d ConvTranspose2d(
            long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, [kernel_size, kernel_size], groups)
                {
                    Stride = [stride, stride],
                    Padding = [padding, padding],
                    OutputPadding = [output_padding, output_padding],
                    Dilation = [dilation, dilation],
                    Mode = padding_mode,
                    Transposed = true,
                },
                bias, device, dtype);

        public static ConvTranspose2d ConvTranspose2d(
            long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null,
            (long, long)? output_padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1,
            bool bias = true, Device? device = null, ScalarType? dtype = null) =>
            new(
                new(in_channels, out_channels, List(kernel_size), groups)
                {
                    Stride = List(stride, 1),
                    Padding = List(padding, 0),
                    OutputPadding = List(output_padding, 0),
                    Dilation = List(dilation, 1),
                    Mode = padding_mode,
                    Transposed = true,
                },
                bias, device, dtype);

        private static long[] List((long, long) sizes) => [sizes.Item1, sizes.Item2];

        private static long[] List((long, long, long) sizes) => [sizes.Item1, sizes.Item2, sizes.Item3];

        private static long[] List((long, long)? sizes, long otherwise) => List(sizes ?? (otherwise, otherwise));

        private static long[] List((long, long, long)? sizes, long otherwise) => List(sizes ?? (otherwise, otherwise, otherwise));

        private static long[]? List((long, long)? sizes) => sizes is { } given ? List(given) : null;

        private static long[]? Square(long? size) => size is { } given ? [given, given] : null;
    }
}
