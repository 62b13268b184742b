using System.Buffers.Binary;
using System.Text;
using Fulgurite.IO.Storage;

namespace Fulgurite.IO.Torch;

/// <summary>
/// Finds where the contents of entries start. The local header of an entry says so; but reading that of every one of ten thousand
/// entries costs as many reads all over the file. Entries lie close together, so that a content ends where the next header starts: that
/// is taken for granted where it holds for a sample of the headers. A content that is elsewhere after all fails its checksum.
/// </summary>
internal sealed class ZipLocator(StorageReader reader, Func<string, long, CheckpointCorruptException> corrupt)
{
    /// <summary>Up to here every header is read.</summary>
    private const int Sample = 128;

    /// <summary>Locates the entries, in the order of the file.</summary>
    /// <exception cref="CheckpointCorruptException">They overlap, leave the file, or contradict their headers.</exception>
    public ZipEntry[] Locate(List<ListedEntry> listed, long directoryOffset)
    {
        listed.Sort(static (left, right) => left.HeaderOffset.CompareTo(right.HeaderOffset));
        ThrowIfOverlapping(listed, directoryOffset);
        var entries = new ZipEntry[listed.Count];
        var step = Math.Max(1, listed.Count / Sample);
        var isClose = step > 1;
        for (var index = 0; isClose && index < entries.Length; index += step)
        {
            entries[index] = ReadHeader(listed[index], EndOf(listed, index, directoryOffset));
            isClose = entries[index].DataOffset + entries[index].Length == EndOf(listed, index, directoryOffset);
        }

        for (var index = 0; index < entries.Length; index++)
        {
            var end = EndOf(listed, index, directoryOffset);
            var entry = listed[index];
            entries[index] = isClose && !entry.IsDeferred
                ? new ZipEntry(entry.Name, entry.HeaderOffset, end - entry.Length, entry.Length, entry.Crc)
                : ReadHeader(entry, end);
        }

        return entries;
    }

    private static long EndOf(List<ListedEntry> listed, int index, long directoryOffset) =>
        index + 1 < listed.Count ? listed[index + 1].HeaderOffset : directoryOffset;

    private void ThrowIfOverlapping(List<ListedEntry> listed, long directoryOffset)
    {
        for (var index = 0; index < listed.Count; index++)
        {
            var entry = listed[index];
            if (entry.EarliestData > directoryOffset || entry.Length > EndOf(listed, index, directoryOffset) - entry.EarliestData)
            {
                throw corrupt(
                    index + 1 < listed.Count
                        ? $"the entries '{entry.Name}' and '{listed[index + 1].Name}' overlap"
                        : $"the entry '{entry.Name}' of {entry.Length} bytes overlaps the directory",
                    entry.HeaderOffset);
            }
        }
    }

    private ZipEntry ReadHeader(ListedEntry entry, long end)
    {
        var header = new byte[ZipLayout.LocalLength + entry.NameLength];
        reader.Read(entry.HeaderOffset, header);
        var local = header.AsSpan();
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(local[14..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(local[22..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != ZipLayout.LocalSignature
            || BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) != entry.NameLength
            || BinaryPrimitives.ReadUInt16LittleEndian(local[8..]) != 0
            || !string.Equals(Encoding.UTF8.GetString(local[ZipLayout.LocalLength..]), entry.Name, StringComparison.Ordinal)
            || (!entry.IsDeferred && (crc != entry.Crc || (length != uint.MaxValue && length != entry.Length))))
        {
            throw corrupt($"the entry '{entry.Name}' and the directory contradict each other", entry.HeaderOffset);
        }

        var dataOffset = entry.EarliestData + extraLength;
        return entry.Length <= end - dataOffset
            ? new ZipEntry(entry.Name, entry.HeaderOffset, dataOffset, entry.Length, entry.Crc)
            : throw corrupt($"the entry '{entry.Name}' is said to have {entry.Length} bytes, more than there are", entry.HeaderOffset);
    }
}
