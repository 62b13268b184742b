using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// Reads the directory of a zip as strictly as weight files allow: entries stored without overlap, with the same names and sizes in both
/// headers, and no path outside of the archive.
/// </summary>
internal sealed class ZipDirectoryReader(StorageReader reader)
{
    private static readonly SearchValues<byte> Unsafe = SearchValues.Create("\\\0"u8);

    private const int MaxNameLength = 1024;
    private const long MaxDirectoryLength = 1L << 30;

    /// <summary>Reads the directory.</summary>
    /// <exception cref="CheckpointCorruptException">The directory is damaged, or it contains something that is rejected.</exception>
    public ZipDirectory Read()
    {
        var (directoryOffset, directoryLength, count) = FindDirectory();
        var bytes = new PooledArray<byte>((int)directoryLength);
        reader.Read(directoryOffset, bytes.Span);
        var entries = ReadEntries(bytes.Span, directoryOffset, count);
        new ZipLocator(reader, bytes, Corrupt).Locate(entries.Span, directoryOffset);
        var directory = new ZipDirectory(bytes, entries);
        return directory.Repeated is { } repeated
            ? throw Corrupt($"two entries have the name '{directory.TextOf(repeated)}'", repeated.HeaderOffset)
            : directory;
    }

    private PooledArray<ZipEntry> ReadEntries(ReadOnlySpan<byte> directory, long directoryOffset, long count)
    {
        var pooled = new PooledArray<ZipEntry>((int)Math.Min(count, directory.Length / ZipLayout.CentralLength));
        var entries = pooled.Span;
        var found = 0;
        ReadOnlySpan<byte> last = default;
        for (var position = 0; position < directory.Length; found++)
        {
            var fileOffset = directoryOffset + position;
            var entry = ReadEntry(directory, ref position, fileOffset);
            var name = directory.Slice(entry.NameStart, entry.NameLength);
            if (!IsLike(name, last))
            {
                CheckName(name, fileOffset);
            }

            last = name;
            if (found < entries.Length)
            {
                entries[found] = entry;
            }
        }

        return found == count
            ? pooled
            : throw Corrupt($"the directory has {found} entries and its end record declares {count}", directoryOffset);
    }

    private (long Offset, long Length, long Count) FindDirectory()
    {
        var tailLength = (int)Math.Min(reader.Length, ZipLayout.EndLength + ZipLayout.MaxCommentLength);
        var tailOffset = reader.Length - tailLength;
        var tail = new byte[tailLength];
        reader.Read(tailOffset, tail);
        for (var index = tailLength - ZipLayout.EndLength; index >= 0; index--)
        {
            // Padding may follow; Python reads such files too.
            var end = tail.AsSpan(index);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) == ZipLayout.EndSignature
                && BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) <= end.Length - ZipLayout.EndLength)
            {
                return ReadEnd(end, tailOffset + index);
            }
        }

        throw Corrupt("it starts like a zip but has no directory at its end: it is truncated; load an older one", reader.Length);
    }

    private (long Offset, long Length, long Count) ReadEnd(ReadOnlySpan<byte> end, long endOffset)
    {
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        var directoryEnd = endOffset;
        Span<byte> locator = stackalloc byte[ZipLayout.Locator64Length];
        if (endOffset >= ZipLayout.Locator64Length + ZipLayout.End64Length)
        {
            reader.Read(endOffset - ZipLayout.Locator64Length, locator);
            if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == ZipLayout.Locator64Signature)
            {
                directoryEnd = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
                if (directoryEnd < 0 || directoryEnd > endOffset - ZipLayout.Locator64Length - ZipLayout.End64Length)
                {
                    throw Corrupt($"its zip64 record has the invalid offset {directoryEnd}", endOffset);
                }

                Span<byte> end64 = stackalloc byte[ZipLayout.End64Length];
                reader.Read(directoryEnd, end64);
                if (BinaryPrimitives.ReadUInt32LittleEndian(end64) != ZipLayout.End64Signature)
                {
                    throw Corrupt("its zip64 record is not at the declared offset", directoryEnd);
                }

                count = BinaryPrimitives.ReadInt64LittleEndian(end64[32..]);
                length = BinaryPrimitives.ReadInt64LittleEndian(end64[40..]);
                offset = BinaryPrimitives.ReadInt64LittleEndian(end64[48..]);
            }
        }

        if (offset < 0 || length < 0 || count < 0 || length > MaxDirectoryLength || offset > directoryEnd
            || length != directoryEnd - offset)
        {
            throw Corrupt(
                $"its end record declares a directory of {count} entries in {length} bytes at {offset}, which must end at {directoryEnd}",
                endOffset);
        }

        return (offset, length, count);
    }

    private ZipEntry ReadEntry(ReadOnlySpan<byte> directory, ref int position, long fileOffset)
    {
        var rest = directory[position..];
        if (rest.Length < ZipLayout.CentralLength || BinaryPrimitives.ReadUInt32LittleEndian(rest) != ZipLayout.CentralSignature)
        {
            throw Corrupt("its directory is damaged", fileOffset);
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(rest[16..]);
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
        var commentLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
        var total = ZipLayout.CentralLength + nameLength + extraLength + commentLength;
        if (nameLength is 0 or > MaxNameLength || total > rest.Length)
        {
            throw Corrupt("its directory is damaged", fileOffset);
        }

        var name = rest.Slice(ZipLayout.CentralLength, nameLength);
        ReadZip64(rest.Slice(ZipLayout.CentralLength + nameLength, extraLength), ref length, ref packed, ref offset);
        if (method is not (0 or ZipLayout.Deflate) || (method == 0 && packed != length))
        {
            throw Corrupt(
                $"the entry '{Text(name)}' is compressed with the unsupported method {method}. Save it again with torch.save", fileOffset);
        }

        if ((flags & 0x2041) != 0)
        {
            throw Corrupt($"the entry '{Text(name)}' is encrypted", fileOffset);
        }

        if (offset < 0 || length < 0 || packed < 0)
        {
            throw Corrupt($"the entry '{Text(name)}' has the invalid length {length} or offset {offset}", fileOffset);
        }

        // Bit 3: sizes and checksum follow the data. PyTorch's own writer sets it for some entries.
        var entry = new ZipEntry(position + ZipLayout.CentralLength, nameLength, offset, length, crc, (flags & 8) != 0)
        {
            StoredLength = packed,
            IsCompressed = method == ZipLayout.Deflate,
        };
        position += total;
        return entry;
    }

    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long offset)
    {
        while (extra.Length >= ZipLayout.FieldHeaderLength)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var fieldLength = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (fieldLength > extra.Length - ZipLayout.FieldHeaderLength)
            {
                break;
            }

            if (id == ZipLayout.Zip64Field)
            {
                var field = extra.Slice(ZipLayout.FieldHeaderLength, fieldLength);
                Take(ref field, ref length);
                Take(ref field, ref packed);
                Take(ref field, ref offset);
                return;
            }

            extra = extra[(ZipLayout.FieldHeaderLength + fieldLength)..];
        }

        static void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value == uint.MaxValue && field.Length >= sizeof(long))
            {
                value = BinaryPrimitives.ReadInt64LittleEndian(field);
                field = field[sizeof(long)..];
            }
        }
    }

    /// <summary>
    /// Returns whether a name ends with other digits than an accepted one, and is otherwise equal to it or to its start. Then it is
    /// accepted as well: what is rejected ends with something else than a digit.
    /// </summary>
    private static bool IsLike(ReadOnlySpan<byte> name, ReadOnlySpan<byte> accepted)
    {
        var digits = name[name.CommonPrefixLength(accepted)..];
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private void CheckName(ReadOnlySpan<byte> name, long position)
    {
        // PyTorch names entries after the file. 'val:0.3.ckpt' is a valid file name; 'C:/' is a drive.
        var isDrive = name is [_, (byte)':', (byte)'/', ..];
        if (name[0] == (byte)'/' || isDrive || name.ContainsAny(Unsafe)
            || (name.IndexOf(".."u8) >= 0 && Text(name).Split('/').Contains("..", StringComparer.Ordinal)))
        {
            throw Corrupt($"an entry has the name '{Text(name)}', a path outside of the archive", position);
        }

        if (name.IndexOf("/code/"u8) >= 0)
        {
            throw Corrupt(
                "it is a TorchScript program, not a checkpoint; save its weights with torch.save(module.state_dict(), ...)", position);
        }
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    private CheckpointCorruptException Corrupt(string found, long offset) =>
        new($"The checkpoint '{reader.Path}' cannot be read: {found} (byte {offset}).", reader.Path) { Offset = offset };
}
