using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp;

// A tensor in TorchSharp's own files: type, rank and dimensions as LEB128, then the elements.
public static partial class TensorExtensionMethods
{
    /// <summary>A parameter that takes the tensor's place.</summary>
    public static Parameter AsParameter(this Tensor tensor) => new(tensor);

    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentNullException.ThrowIfNull(writer);
        writer.Encode((long)tensor.dtype);
        var shape = tensor.shape;
        writer.Encode(shape.Length);
        foreach (var size in shape)
        {
            writer.Encode(size);
        }

        writer.Flush();
        if (tensor.device_type == DeviceType.CPU)
        {
            tensor.WriteBytesToStream(writer.BaseStream, 1 << 20);
        }
        else
        {
            using var copy = tensor.cpu();
            copy.WriteBytesToStream(writer.BaseStream, 1 << 20);
        }
    }

    /// <summary>Writes to a stream, and closes it.</summary>
    public static void Save(this Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream);
        tensor.Save(writer);
    }

    public static void Save(this Tensor tensor, string location) => tensor.Save(File.Create(location));

    /// <summary>Reads into an existing tensor, of the type and the shape that the file has.</summary>
    /// <exception cref="ArgumentException">Type or shape differs.</exception>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var (type, shape) = ReadHead(reader);
        if (type != tensor.dtype)
        {
            throw new ArgumentException($"The file has a tensor of {type} where {tensor.dtype} is to be loaded.", nameof(reader));
        }

        Load(tensor, type, shape, reader, skip);
    }

    /// <summary>Reads into an existing tensor of the file's shape, or a new one; null where <paramref name="skip"/> is set makes one of zeros.</summary>
    public static void Load(ref Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        var (type, shape) = ReadHead(reader);
        tensor ??= zeros(shape, dtype: type);
        Load(tensor, type, shape, reader, skip);
    }

    public static Tensor Load(BinaryReader reader, bool skip = false)
    {
        Tensor? tensor = null;
        Load(ref tensor, reader, skip);
        return tensor!;
    }

    private static void Load(Tensor tensor, ScalarType type, long[] shape, BinaryReader reader, bool skip)
    {
        if (skip)
        {
            reader.BaseStream.Seek(shape.TotalSize() * type.ElementSize(), SeekOrigin.Current);
            return;
        }

        if (!shape.AsSpan().SequenceEqual(tensor.shape))
        {
            throw new ArgumentException(
                $"The file has a tensor of shape [{string.Join(", ", shape)}] where [{string.Join(", ", tensor.shape)}] is to be loaded.", nameof(reader));
        }

        using var noGrad = no_grad();
        if (tensor.device_type == DeviceType.CPU && tensor.is_contiguous() && tensor.dtype == type)
        {
            tensor.ReadBytesFromStream(reader.BaseStream, 1 << 20);
        }
        else
        {
            using var read = empty(shape, dtype: type, device: CPU);
            read.ReadBytesFromStream(reader.BaseStream, 1 << 20);
            tensor.copy_(read);
        }
    }

    private static (ScalarType Type, long[] Shape) ReadHead(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var type = (ScalarType)reader.Decode();
        var shape = new long[reader.Decode()];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.Decode();
        }

        return (type, shape);
    }
}
