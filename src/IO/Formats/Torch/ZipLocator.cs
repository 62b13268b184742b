using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// Finds where the contents of entries start. The local header of an entry says so; but reading that of every one of ten thousand
/// entries costs as many reads all over the file. Entries lie close together, so that a content ends where the next header starts: that
/// is taken for granted where it holds for a sample of the headers. A content that is elsewhere after all fails its checksum.
/// </summary>
internal sealed class ZipLocator(StorageReader reader, byte[] directory, Func<string, long, CheckpointCorruptException> corrupt)
{
    /// <summary>About how many headers are read where all fit; of fewer than twice as many entries all are.</summary>
    private const int Sample = 32;

    /// <summary>Locates the entries, in the order of the file.</summary>
    /// <exception cref="CheckpointCorruptException">They overlap, leave the file, or contradict their headers.</exception>
    public ZipEntry[] Locate(ZipEntry[] entries, long directoryOffset)
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

        return entries;
    }

    /// <summary>Sorts the entries by place, which is how nearly every directory lists them.</summary>
    private static void Sort(ZipEntry[] entries)
    {
        for (var index = 1; index < entries.Length; index++)
        {
            if (entries[index].HeaderOffset < entries[index - 1].HeaderOffset)
            {
                Array.Sort(entries, static (left, right) => left.HeaderOffset.CompareTo(right.HeaderOffset));
                return;
            }
        }
    }

    private static long EndOf(ZipEntry[] entries, int index, long directoryOffset) =>
        index + 1 < entries.Length ? entries[index + 1].HeaderOffset : directoryOffset;

    private void ThrowIfOverlapping(ZipEntry[] entries, long directoryOffset)
    {
        for (var index = 0; index < entries.Length; index++)
        {
            ref readonly var entry = ref entries[index];
            if (entry.EarliestData > directoryOffset || entry.StoredLength > EndOf(entries, index, directoryOffset) - entry.EarliestData)
            {
                throw corrupt(
                    index + 1 < entries.Length
                        ? $"the entries '{NameOf(entry)}' and '{NameOf(entries[index + 1])}' overlap"
                        : $"the entry '{NameOf(entry)}' of {entry.Length} bytes overlaps the directory",
                    entry.HeaderOffset);
            }
        }
    }

    /// <summary>Where the content of an entry starts, as its local header says.</summary>
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
            || !header[ZipLayout.LocalLength..].SequenceEqual(directory.AsSpan(entry.NameStart, entry.NameLength))
            || (!entry.IsDeferred && (crc != entry.Crc || (length != uint.MaxValue && length != entry.Length))))
        {
            throw corrupt($"the entry '{NameOf(entry)}' and the directory contradict each other", entry.HeaderOffset);
        }

        var dataOffset = entry.EarliestData + extraLength;
        return entry.StoredLength <= end - dataOffset
            ? dataOffset
            : throw corrupt($"the entry '{NameOf(entry)}' is said to have {entry.Length} bytes, more than there are", entry.HeaderOffset);
    }

    private string NameOf(in ZipEntry entry) => Encoding.UTF8.GetString(directory, entry.NameStart, entry.NameLength);
}
