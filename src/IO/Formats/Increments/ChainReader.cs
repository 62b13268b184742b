using System.Buffers;
using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// The complete file that an increment stands for, assembled from the files of its chain while it is read. Its bytes are those of the file
/// that a full save would have written.
/// </summary>
internal sealed class ChainReader : StorageReader
{
    /// <summary>The longest changed range that is read from the base too, and overwritten, to read the ranges around it at once.</summary>
    private const int MaxHole = 64 << 10;

    private const int BufferSize = 256 << 10;

    private readonly byte[] _header;
    private readonly ChainLevel[] _levels;

    private ChainReader(string path, byte[] header, ChainLevel[] levels)
        : base(path)
    {
        _header = header;
        _levels = levels;
        Length = header.Length + levels[^1].Length;
    }

    public override long Length { get; }

    public override int Concurrency => _levels[0].File.Concurrency;

    public override bool IsCheapToReread => Array.TrueForAll(_levels, level => level.File.IsCheapToReread);

    /// <summary>Gets the files of the chain with their lengths, from the full file to the increment.</summary>
    public IReadOnlyList<(string Path, long Length)> Files => Array.ConvertAll(_levels, level => (level.File.Path, level.File.Length));

    /// <summary>Opens the chain of an increment.</summary>
    /// <param name="reader">The open increment; the chain keeps it open until it is disposed.</param>
    /// <param name="increment">Its first page.</param>
    /// <exception cref="CheckpointCorruptException">A base is missing, is another file than the named one, or is damaged.</exception>
    public static ChainReader Open(StorageReader reader, IncrementFile increment)
    {
        var storage = reader.Storage
            ?? throw IncrementFile.Corrupt(reader.Path, "it needs other files, and was opened without its storage");
        var files = new List<(StorageReader File, IncrementFile? Increment)> { (reader, increment) };
        reader.Share();
        try
        {
            while (files[^1].Increment is { } last)
            {
                files.Add(OpenBase(storage, reader.Path, files[^1].File.Path, last));
            }

            files.Reverse();
            var levels = new ChainLevel[files.Count];
            for (var index = 0; index < levels.Length; index++)
            {
                levels[index] = files[index].Increment is { } part
                    ? ChainLevel.OfIncrement(files[index].File, part, levels[index - 1].Length)
                    : ChainLevel.OfFull(files[index].File);
            }

            return new ChainReader(reader.Path, IncrementFile.ReadWhole(reader, increment.Header, "header"), levels);
        }
        catch
        {
            files.ForEach(file => file.File.Dispose());
            throw;
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw EndOfFile(offset, destination.Length);
        }

        if (offset < _header.Length)
        {
            var count = (int)Math.Min(destination.Length, _header.Length - offset);
            _header.AsSpan((int)offset, count).CopyTo(destination);
            offset += count;
            destination = destination[count..];
        }

        Read(_levels.Length - 1, offset - _header.Length, destination);
    }

    protected override void Dispose(bool disposing) => Array.ForEach(_levels, level => level.File.Dispose());

    private static (StorageReader File, IncrementFile? Increment) OpenBase(
        IStorage storage, string checkpoint, string path, IncrementFile increment)
    {
        var basePath = IncrementFile.PathOf(path, increment.BaseName);
        StorageReader file;
        try
        {
            file = storage.Open(basePath);
        }
        catch (CheckpointNotFoundException exception)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{checkpoint}' cannot be read: it holds only changes, and its base '{basePath}' is gone. Copy "
                    + $"the folder '{IncrementFile.Folder}' with it, or load another checkpoint.",
                checkpoint, exception);
        }

        try
        {
            var found = IncrementFile.TryRead(file);
            var (digest, position) = found is null ? (DigestOfFull(file), 0) : (found.Digest, found.Position);
            return position == increment.Position - 1 && string.Equals(digest, increment.BaseDigest, StringComparison.Ordinal)
                ? (file, found)
                : throw new CheckpointCorruptException(
                    $"The checkpoint '{checkpoint}' cannot be read: its base '{basePath}' has the SHA-256 {digest} and should have "
                        + $"{increment.BaseDigest}. It was replaced or is damaged; load another checkpoint.",
                    checkpoint);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string DigestOfFull(StorageReader file)
    {
        using var header = ReadHeader(file);
        return IncrementFile.DigestOf(header.Span);
    }

    private static PooledArray<byte> ReadHeader(StorageReader file)
    {
        var bytes = new PooledArray<byte>((int)ChainLevel.HeaderLengthOf(file));
        file.Read(0, bytes.Span);
        return bytes;
    }

    private void Read(int number, long offset, Span<byte> destination)
    {
        var level = _levels[number];
        if (number == 0)
        {
            level.File.Read(level.DataOffset + offset, destination);
            return;
        }

        for (var index = destination.Length == 0 ? 0 : level.Find(offset); destination.Length > 0;)
        {
            var length = level.IsChanged(index)
                ? ReadChanged(level, index, offset, destination)
                : ReadKept(number, index, offset, destination);
            offset += length;
            destination = destination[length..];
            while (destination.Length > 0 && level.End(index) <= offset)
            {
                index++;
            }
        }
    }

    private static int ReadChanged(ChainLevel level, int index, long offset, Span<byte> destination)
    {
        var length = (int)Math.Min(destination.Length, level.End(index) - offset);
        level.File.Read(level.DataOffset + level.Source(index) + offset - level.Begin(index), destination[..length]);
        return length;
    }

    /// <summary>
    /// Reads a range of the base together with the following ranges that lie equally in it, and then the changes between.
    /// </summary>
    private int ReadKept(int number, int index, long offset, Span<byte> destination)
    {
        var level = _levels[number];
        var (shift, end, last) = (level.Source(index) - level.Begin(index), offset + destination.Length, index);
        while (level.End(last) < end && last + 2 < level.Count && level.End(last + 1) < end && level.IsChanged(last + 1)
            && level.End(last + 1) - level.Begin(last + 1) <= MaxHole && !level.IsChanged(last + 2)
            && level.Source(last + 2) - level.Begin(last + 2) == shift)
        {
            last += 2;
        }

        destination = destination[..(int)(Math.Min(level.End(last), end) - offset)];
        Read(number - 1, offset + shift, destination);
        if (last > index)
        {
            Overwrite(level, index + 1, last, offset, destination);
        }

        return destination.Length;
    }

    /// <summary>Reads the changed ranges among extents, which lie one after the other in the file, through a buffer.</summary>
    private static void Overwrite(ChainLevel level, int first, int end, long offset, Span<byte> destination)
    {
        var total = level.Source(end - 1) + level.End(end - 1) - level.Begin(end - 1) - level.Source(first);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, total));
        var (start, filled) = (level.Source(first), 0);
        for (var index = first; index < end; index += 2)
        {
            var (source, length) = (level.Source(index), (int)(level.End(index) - level.Begin(index)));
            if (source + length > start + filled)
            {
                start = source;
                filled = (int)Math.Min(buffer.Length, total - (start - level.Source(first)));
                level.File.Read(level.DataOffset + start, buffer.AsSpan(0, filled));
            }

            buffer.AsSpan((int)(source - start), length).CopyTo(destination[(int)(level.Begin(index) - offset)..]);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}

/// <summary>One file of a chain: where the bytes of its complete file come from.</summary>
internal sealed class ChainLevel
{
    private readonly long[] _ends;
    private readonly long[] _sources;
    private readonly bool[] _isChanged;

    private ChainLevel(StorageReader file, long dataOffset, long length, int extents)
    {
        (File, DataOffset, Length) = (file, dataOffset, length);
        (_ends, _sources, _isChanged) = (new long[extents], new long[extents], new bool[extents]);
    }

    public StorageReader File { get; }

    /// <summary>Gets the offset of the data in this file.</summary>
    public long DataOffset { get; }

    /// <summary>Gets the length of the data of the complete file.</summary>
    public long Length { get; private set; }

    public int Count => _ends.Length;

    /// <summary>Returns the offset of the data in a full file.</summary>
    public static long HeaderLengthOf(StorageReader file)
    {
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        if (file.Length >= prefix.Length)
        {
            file.Read(0, prefix);
            if (BitConverter.ToInt64(prefix) is >= 0 and <= SafetensorsHeaderReader.MaxLength and var length
                && length <= file.Length - prefix.Length)
            {
                return prefix.Length + length;
            }
        }

        throw IncrementFile.Corrupt(file.Path, "it is the base of a checkpoint, and no safetensors file");
    }

    public static ChainLevel OfFull(StorageReader file)
    {
        var offset = HeaderLengthOf(file);
        return new ChainLevel(file, offset, file.Length - offset, 0);
    }

    /// <summary>Reads the table of an increment.</summary>
    /// <exception cref="CheckpointCorruptException">The table is damaged, or refers to bytes that do not exist.</exception>
    public static ChainLevel OfIncrement(StorageReader file, IncrementFile increment, long baseLength)
    {
        var bytes = IncrementFile.ReadWhole(file, increment.Extents, "extents");
        var extents = MemoryMarshal.Cast<byte, Extent>(bytes);
        var level = new ChainLevel(file, increment.Data.Offset, 0, extents.Length);
        var (changed, kept) = (0L, 0L);
        for (var index = 0; index < extents.Length; index++)
        {
            var (length, source) = extents[index];
            if (length <= 0 || source < Extent.Changed || (source >= 0 && length > baseLength - source)
                || length > (source < 0 ? increment.Data.ByteLength - changed : baseLength - kept))
            {
                throw IncrementFile.Corrupt(file.Path, $"extent {index} refers to bytes that do not exist");
            }

            level._isChanged[index] = source < 0;
            level._sources[index] = source < 0 ? changed : source;
            (changed, kept) = source < 0 ? (changed + length, kept) : (changed, kept + length);
            level._ends[index] = level.Length += length;
        }

        return changed == increment.Data.ByteLength
            ? level
            : throw IncrementFile.Corrupt(file.Path, $"it has {increment.Data.ByteLength} changed bytes and refers to {changed}");
    }

    public long Begin(int extent) => extent == 0 ? 0 : _ends[extent - 1];

    public long End(int extent) => _ends[extent];

    /// <summary>Returns the offset of an extent in the data of the base, or among the changed bytes.</summary>
    public long Source(int extent) => _sources[extent];

    public bool IsChanged(int extent) => _isChanged[extent];

    /// <summary>Returns the extent that contains a byte.</summary>
    public int Find(long offset)
    {
        var found = Array.BinarySearch(_ends, offset + 1);
        return found < 0 ? ~found : found;
    }
}
