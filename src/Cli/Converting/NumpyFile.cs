using System.Globalization;
using System.IO.Compression;
using System.Text;
using Fulgurite.IO;
using static TorchSharp.torch;

namespace Fulgurite.Cli;

/// <summary>
/// Writes tensors in NumPy's <c>.npy</c> format, version 1.0. bfloat16, which NumPy lacks, is converted to float32 without loss.
/// </summary>
internal static class NumpyFile
{
    private const int Alignment = 64;

    public static void Write(TensorData tensor, Stream target, CancellationToken cancellationToken)
    {
        var isBrainFloat = tensor.Type == ScalarType.BFloat16;
        target.Write(Header(tensor, isBrainFloat ? ScalarType.Float32 : tensor.Type));
        var size = tensor.Type.ElementByteSize();
        var bytes = new byte[TensorChunks.Elements * size];
        var numbers = isBrainFloat ? new double[TensorChunks.Elements] : [];
        var floats = isBrainFloat ? new byte[TensorChunks.Elements * sizeof(float)] : [];
        for (var first = 0L; first < tensor.ElementCount; first += TensorChunks.Elements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(TensorChunks.Elements, tensor.ElementCount - first);
            TensorChunks.Copy(tensor, first, bytes.AsSpan(0, count * size));
            if (isBrainFloat)
            {
                ElementConversion.ToNumbers(bytes.AsSpan(0, count * size), tensor.Type, numbers);
                ElementConversion.FromNumbers(numbers.AsSpan(0, count), ScalarType.Float32, floats.AsSpan(0, count * sizeof(float)));
            }

            target.Write(isBrainFloat ? floats.AsSpan(0, count * sizeof(float)) : bytes.AsSpan(0, count * size));
        }
    }

    private static byte[] Header(TensorData tensor, ScalarType type)
    {
        var sizes = string.Concat(tensor.Shape.ToArray().Select(size => size.ToString(CultureInfo.InvariantCulture) + ", ")).TrimEnd();
        var description = $"{{'descr': '{Descriptor(type)}', 'fortran_order': False, 'shape': "
            + $"({(tensor.Shape.Length == 1 ? sizes : sizes.TrimEnd(','))}), }}";
        const int start = 10; // Magic number, version, and the length of the header.
        var padding = Alignment - ((start + description.Length + 1) % Alignment);
        var text = description + new string(' ', padding % Alignment) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. Encoding.ASCII.GetBytes(text)];
    }

    private static string Descriptor(ScalarType type) => type switch
    {
        ScalarType.Bool => "|b1",
        ScalarType.Byte => "|u1",
        ScalarType.Int8 => "|i1",
        ScalarType.Int16 => "<i2",
        ScalarType.Int32 => "<i4",
        ScalarType.Int64 => "<i8",
        ScalarType.Float16 => "<f2",
        ScalarType.Float32 => "<f4",
        ScalarType.Float64 => "<f8",
        ScalarType.ComplexFloat32 => "<c8",
        ScalarType.ComplexFloat64 => "<c16",
        _ => throw new UsageException($"NumPy has no element type for {ElementTypes.Name(type)}."),
    };
}

/// <summary>Writes an <c>.npy</c> or <c>.npz</c> file durably; the target is replaced once the new file is complete.</summary>
internal static class NumpyOutput
{
    public static void Write(string path, IReadOnlyList<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        new LocalStorage().Write(
            path,
            file =>
            {
                if (path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
                {
                    WriteArchive(file, tensors, cancellationToken);
                }
                else
                {
                    NumpyFile.Write(tensors[0].Tensor, file, cancellationToken);
                }
            },
            cancellationToken);
    }

    private static void WriteArchive(
        Stream file, IReadOnlyList<(string Path, TensorData Tensor)> tensors, CancellationToken cancellationToken)
    {
        using var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (path, tensor) in tensors)
        {
            using var entry = archive.CreateEntry($"{path}.npy", CompressionLevel.NoCompression).Open();
            NumpyFile.Write(tensor, entry, cancellationToken);
        }
    }
}
