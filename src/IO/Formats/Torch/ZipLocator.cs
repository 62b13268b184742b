using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// Locates the contents of entries. The position follows from the local header of an entry, but reading thousands of headers costs as many
/// reads all over the file. In a compact file each content ends where the next header starts; if that holds for a sample of the headers,
/// it is assumed for all. A wrong assumption is detected by the checksum.
/// </summary>
internal sealed class ZipLocator(StorageReader reader, PooledArray<byte> directory, Func<string, long, CheckpointCorruptException> corrupt)
{
    /// <summary>The approximate sample size; with fewer than twice as many entries, all headers are read.</summary>
    private const int Sample = 32;

    /// <summary>Locates the entries in file order.</summary>
    /// <exception cref="CheckpointCorruptException">Entries overlap, exceed the file, or do not match their headers.</exception>
    public void Locate(Span<ZipEntry> entries, long directoryOffset)
    {
        Sort(entries);
        ThrowIfOverlapping(entries, directoryOffset);
        var step = Math.Max(1, entries.Length / Sample);
        var isClose = step > 1;
        for (var index = 0; isClose && index < entries.Length; index += step)
        {
            var end = EndOf(entries, index, directoryOffset);
            isClose = FindData(entries[index], end) + entries[index].StoredLength == end;
        }

        for (var index = 0; index < entries.Length; index++)
        {
            var end = EndOf(entries, index, directoryOffset);
            var entry = entries[index];
            entries[index] = entry with { DataOffset = isClose && !entry.IsDeferred ? end - entry.StoredLength : FindData(entry, end) };
        }
    }

    /// <summary>Sorts the entries by offset; nearly all directories are already sorted.</summary>
    private static void Sort(Span<ZipEntry> entries)
    {
        for (var index = 1; index < entries.Length; index++)
        {
            if (entries[index].HeaderOffset < entries[index - 1].HeaderOffset)
            {
                entries.Sort(static (left, right) => left.HeaderOffset.CompareTo(right.HeaderOffset));
                return;
            }
        }
    }

    private static long EndOf(ReadOnlySpan<ZipEntry> entries, int index, long directoryOffset) =>
        index + 1 < entries.Length ? entries[index + 1].HeaderOffset : directoryOffset;

    private void ThrowIfOverlapping(ReadOnlySpan<ZipEntry> entries, long directoryOffset)
    {
        for (var index = 0; index < entries.Length; index++)
        {
            ref readonly var entry = ref entries[index];
            if (entry.StoredLength > EndOf(entries, index, directoryOffset) - entry.EarliestData)
            {
                throw corrupt(
                    index + 1 < entries.Length
                        ? $"the entries '{NameOf(entry)}' and '{NameOf(entries[index + 1])}' overlap"
                        : $"the entry '{NameOf(entry)}' of {entry.Length} bytes overlaps the directory",
                    entry.HeaderOffset);
            }
        }
    }

    /// <summary>Returns the offset of the content of an entry according to its local header.</summary>
    private long FindData(in ZipEntry entry, long end)
    {
        Span<byte> header = new byte[ZipLayout.LocalLength + entry.NameLength];
        reader.Read(entry.HeaderOffset, header);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(header[14..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != ZipLayout.LocalSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) != entry.NameLength
            || BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != (entry.IsCompressed ? ZipLayout.Deflate : 0)
            || !header[ZipLayout.LocalLength..].SequenceEqual(directory.Span.Slice(entry.NameStart, entry.NameLength))
            || (!entry.IsDeferred && (crc != entry.Crc || (length != uint.MaxValue && length != entry.Length))))
        {
            throw corrupt($"the entry '{NameOf(entry)}' does not match its record in the directory", entry.HeaderOffset);
        }

        var dataOffset = entry.EarliestData + extraLength;
        return entry.StoredLength <= end - dataOffset
            ? dataOffset
            : throw corrupt(
                $"the entry '{NameOf(entry)}' has {entry.Length} bytes according to the directory, more than the file contains",
                entry.HeaderOffset);
    }

    private string NameOf(in ZipEntry entry) => Encoding.UTF8.GetString(directory.Span.Slice(entry.NameStart, entry.NameLength));
}
