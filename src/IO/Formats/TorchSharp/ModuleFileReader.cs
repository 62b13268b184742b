using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>
/// Reads files written by <c>module.save</c> of TorchSharp: a count, then the name, type, sizes and elements of each tensor. The format has
/// no magic number, version or checksum, so a file is accepted only if it is consistent as a whole.
/// </summary>
internal sealed class ModuleFileReader(StorageReader reader, LoadOptions options, CancellationToken cancellationToken)
{
    private const int MaxNameLength = 4096;
    private const int MaxDimensions = 64;

    /// <summary>Reads the file into a map of its tensors.</summary>
    /// <exception cref="CheckpointCorruptException">The file does not have this format.</exception>
    public TrainingState Read()
    {
        using var loader = new RegionLoader(reader, options);
        var selection = new LoadSelection(options);
        var root = new StateMap();
        var path = new StatePath();
        var offset = 0L;
        var count = ReadNumber(ref offset);
        for (var index = 0L; index < count; index++)
        {
            ReadTensor(ref offset, root, path, loader, selection);
        }

        return offset == reader.Length ? loader.Load(root, cancellationToken) : throw Unknown(offset);
    }

    private void ReadTensor(ref long offset, StateMap root, StatePath path, RegionLoader loader, LoadSelection selection)
    {
        var name = ReadName(ref offset);
        var type = (ScalarType)ReadNumber(ref offset);
        var shape = new long[AtMost(ReadNumber(ref offset), MaxDimensions, offset)];
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            shape[dimension] = ReadNumber(ref offset);
        }

        if (!Enum.IsDefined(type) || root.ContainsKey(name))
        {
            throw Unknown(offset);
        }

        var (strides, length) = Measure(shape, type, offset);
        path.Enter(name);
        if (selection.Wants(path.ToString()))
        {
            root.Add(name, loader.Place(new FileRegion(offset, length, null), path, type, shape, strides, 0));
        }

        path.Leave();
        offset += length;
    }

    private (long[] Strides, long Length) Measure(long[] shape, ScalarType type, long offset)
    {
        try
        {
            var length = RowMajor.ByteLength(shape, type.ElementByteSize() * 8);
            return (RowMajor.Strides(shape), AtMost(length, reader.Length - offset, offset));
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
        {
            throw Unknown(offset);
        }
    }

    private string ReadName(ref long offset)
    {
        var bytes = new byte[AtMost(ReadNumber(ref offset), Math.Min(MaxNameLength, reader.Length - offset), offset)];
        reader.Read(offset, bytes);
        offset += bytes.Length;
        return PickleText.TryDecode(bytes) ?? throw Unknown(offset);
    }

    /// <summary>Reads a LEB128 integer: seven bits a byte, lowest first; the highest bit marks a continuation.</summary>
    private long ReadNumber(ref long offset)
    {
        var value = 0L;
        Span<byte> next = stackalloc byte[1];
        for (var shift = 0; shift < 63; shift += 7)
        {
            if (offset >= reader.Length)
            {
                throw Unknown(offset);
            }

            reader.Read(offset++, next);
            value |= (long)(next[0] & 0x7F) << shift;
            if ((next[0] & 0x80) == 0)
            {
                return value;
            }
        }

        throw Unknown(offset);
    }

    private long AtMost(long value, long most, long offset) => value <= most ? value : throw Unknown(offset);

    private CheckpointCorruptException Unknown(long offset) =>
        new(
            $"The checkpoint '{reader.Path}' has an unknown format: it is neither a torch file, nor a safetensors file, "
                + $"nor a TorchSharp module.save file (byte {offset}). Check the path.",
            reader.Path)
        { Offset = offset };
}
