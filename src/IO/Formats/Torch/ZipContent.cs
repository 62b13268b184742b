using System.Buffers;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Lays out a zip of uncompressed, aligned entries. Checksums are computed when the contents are read for writing.</summary>
/// <param name="entries">The expected number of entries.</param>
internal sealed class ZipContent(int entries) : IDeferredPart
{
    private const int Directory = -1;
    private const int SmallAlignment = 64;
    private const int PageAlignment = 4096;

    /// <summary>The size from which an entry starts on a page boundary, so that it can be mapped, and written without a copy.</summary>
    private const long LargeEntry = 1 << 20;

    private const int UsualNameLength = 20;

    private readonly List<ZipRecord> _entries = new(entries);

    /// <summary>All names, concatenated: ten thousand small arrays would take more memory than the entries.</summary>
    private readonly ArrayBufferWriter<byte> _names = new((entries + 1) * UsualNameLength);
    private readonly Lock _gate = new();
    private long _directoryOffset;
    private int _directoryLength;
    private byte[]? _directory;

    /// <summary>Gets the content of the file so far.</summary>
    public FileContent Content { get; } = new((2 * entries) + 1);

    /// <summary>Adds an entry with the bytes of an array segment.</summary>
    public void Add(ReadOnlySpan<byte> name, ArraySegment<byte> bytes)
    {
        var entry = Start(name, bytes.Count) with { Crc = Crc32.Of(bytes) };
        _entries.Add(entry);
        Content.AddLate(entry.HeaderLength, this, _entries.Count - 1);
        Content.Add(bytes.Array!, bytes.Count);
    }

    /// <summary>Adds an entry with the content of memory.</summary>
    public void AddMemory(ReadOnlySpan<byte> name, StoragePiece piece)
    {
        var entry = Start(name, piece.ByteLength);
        Content.AddLate(entry.HeaderLength, this, _entries.Count);
        _entries.Add(entry with { Checksum = Content.AddMemory(piece.Address, piece.ByteLength, piece, piece.Checksum) });
    }

    /// <summary>Adds the central directory.</summary>
    public FileContent End()
    {
        _directoryOffset = Content.Length;
        _directoryLength = checked((int)ZipDirectoryWriter.Length(_entries, _directoryOffset));
        Content.AddTail(_directoryLength, this, Directory);
        return Content;
    }

    /// <inheritdoc/>
    public void Write(int part, int start, Span<byte> destination)
    {
        if (part == Directory)
        {
            WriteDirectory(start, destination);
        }
        else if (destination.Length == _entries[part].HeaderLength)
        {
            WriteHeader(_entries[part], destination);
        }
        else
        {
            var header = new byte[_entries[part].HeaderLength];
            WriteHeader(_entries[part], header);
            header.AsSpan(start, destination.Length).CopyTo(destination);
        }
    }

    private void WriteHeader(in ZipRecord entry, Span<byte> header) =>
        ZipLocalHeader.Write(entry, _names.WrittenSpan.Slice(entry.NameStart, entry.NameLength), CrcOf(entry), header);

    private void WriteDirectory(int start, Span<byte> destination)
    {
        lock (_gate)
        {
            // A long directory is written in several parts but built once.
            _directory ??= ZipDirectoryWriter.Write(_entries, _names.WrittenSpan, CrcOf, _directoryOffset, _directoryLength);
        }

        _directory.AsSpan(start, destination.Length).CopyTo(destination);
    }

    private uint CrcOf(ZipRecord entry) => entry.Checksum >= 0 ? Content.GetChecksum(entry.Checksum) : entry.Crc;

    private ZipRecord Start(ReadOnlySpan<byte> name, long length)
    {
        var nameStart = _names.WrittenCount;
        _names.Write(name);
        var fixedLength = ZipLocalHeader.LeastLength(name.Length, length);
        var alignment = length >= LargeEntry ? PageAlignment : SmallAlignment;
        var padding = (int)((alignment - ((Content.Length + fixedLength) % alignment)) % alignment);
        return new ZipRecord(nameStart, name.Length, Content.Length, length, padding, fixedLength + padding);
    }
}
