using System.Text;
using Fulgurite.IO.Integrity;
using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Torch;

/// <summary>Lays out a zip of stored entries whose contents lie aligned. The checksums come when the contents are read for writing.</summary>
internal sealed class ZipContent : ILateBytes
{
    private const int Directory = -1;
    private const int SmallAlignment = 64;
    private const int PageAlignment = 4096;

    /// <summary>From this size on an entry starts on a page: it can be mapped, and written without a copy.</summary>
    private const long LargeEntry = 1 << 20;

    private readonly List<ZipRecord> _entries = [];
    private readonly Lock _gate = new();
    private long _directoryOffset;
    private byte[]? _directory;

    /// <summary>The file so far.</summary>
    public FileContent Content { get; } = new();

    /// <summary>Adds an entry of bytes.</summary>
    public void Add(string name, byte[] bytes)
    {
        var entry = Start(name, bytes.Length) with { Crc = Crc32.Of(bytes) };
        _entries.Add(entry);
        Content.AddLate(entry.HeaderLength, this, _entries.Count - 1);
        Content.Add(bytes);
    }

    /// <summary>Adds an entry of memory.</summary>
    public void AddMemory(string name, StoragePiece piece)
    {
        var entry = Start(name, piece.ByteLength);
        Content.AddLate(entry.HeaderLength, this, _entries.Count);
        _entries.Add(entry with { Checksum = Content.AddMemory(piece.Address, piece.ByteLength, piece, piece.Checksum) });
    }

    /// <summary>Adds the directory of the entries.</summary>
    public FileContent End()
    {
        _directoryOffset = Content.Length;
        Content.AddTail(checked((int)ZipDirectoryWriter.Length(_entries, _directoryOffset)), this, Directory);
        return Content;
    }

    /// <inheritdoc/>
    public void Write(int part, Span<byte> destination)
    {
        if (part != Directory)
        {
            ZipLocalHeader.Write(_entries[part], CrcOf(_entries[part]), destination);
            return;
        }

        lock (_gate)
        {
            // A long directory is written in several chunks and made once.
            _directory ??= ZipDirectoryWriter.Write(_entries, CrcOf, _directoryOffset, destination.Length);
        }

        _directory.CopyTo(destination);
    }

    private uint CrcOf(ZipRecord entry) => entry.Checksum >= 0 ? Content.GetChecksum(entry.Checksum) : entry.Crc;

    private ZipRecord Start(string name, long length)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var fixedLength = ZipLocalHeader.LeastLength(nameBytes.Length, length);
        var alignment = length >= LargeEntry ? PageAlignment : SmallAlignment;
        var padding = (int)((alignment - ((Content.Length + fixedLength) % alignment)) % alignment);
        return new ZipRecord(nameBytes, Content.Length, length, padding, fixedLength + padding);
    }
}
