using System.Buffers.Binary;
using System.Text;
using Fulgurite.IO.Integrity;
using Fulgurite.IO.Storage;

namespace Fulgurite.IO.Torch;

/// <summary>Lays out a zip of stored entries whose contents lie aligned. The checksums come when the contents are read for writing.</summary>
internal sealed class ZipContent
{
    private const int SmallAlignment = 64;
    private const int PageAlignment = 4096;

    /// <summary>From this size on an entry starts on a page: it can be mapped, and written without a copy.</summary>
    private const long LargeEntry = 1 << 20;

    private readonly List<(byte[] Name, long Offset, long Length, Func<uint> Crc)> _entries = [];

    /// <summary>The file so far.</summary>
    public FileContent Content { get; } = new();

    /// <summary>Adds an entry of bytes.</summary>
    public void Add(string name, ReadOnlyMemory<byte> bytes)
    {
        var crc = Crc32.Of(bytes.Span);
        var (header, _) = StartEntry(name, bytes.Length, () => crc);
        Content.Add(header(crc));
        Content.Add(bytes);
    }

    /// <summary>Adds an entry of memory.</summary>
    public void AddMemory(string name, nint address, long length, object owner)
    {
        ContentChecksum? checksum = null;
        var (header, headerLength) = StartEntry(name, length, () => checksum!.Value);
        Content.AddLate(headerLength, () => header(checksum!.Value));
        checksum = Content.AddMemory(address, length, owner);
    }

    /// <summary>Adds the directory of the entries.</summary>
    public FileContent End()
    {
        var offset = Content.Length;
        var directoryLength = _entries.Sum(entry => ZipDirectoryWriter.EntryLength(entry.Name, entry.Offset, entry.Length));
        var needs64 = ZipDirectoryWriter.Needs64(_entries.Count, offset, directoryLength);
        var length = directoryLength + ZipLayout.EndLength + (needs64 ? ZipLayout.End64Length + ZipLayout.Locator64Length : 0);
        Content.AddTail(checked((int)length), () => ZipDirectoryWriter.Write(_entries, offset, (int)length));
        return Content;
    }

    private (Func<uint, ReadOnlyMemory<byte>> Write, int Length) StartEntry(string name, long length, Func<uint> crc)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var headerOffset = Content.Length;
        var is64 = length >= uint.MaxValue;
        var fixedLength = ZipLayout.LocalLength + nameBytes.Length + (is64 ? ZipLayout.FieldHeaderLength + 16 : 0) + ZipLayout.FieldHeaderLength;
        var alignment = length >= LargeEntry ? PageAlignment : SmallAlignment;
        var padding = (int)((alignment - ((headerOffset + fixedLength) % alignment)) % alignment);
        _entries.Add((nameBytes, headerOffset, length, crc));
        return (value => LocalHeader(nameBytes, length, is64, padding, value), fixedLength + padding);
    }

    private static byte[] LocalHeader(byte[] name, long length, bool is64, int padding, uint crc)
    {
        var extraLength = (is64 ? ZipLayout.FieldHeaderLength + 16 : 0) + ZipLayout.FieldHeaderLength + padding;
        var header = new byte[ZipLayout.LocalLength + name.Length + extraLength];
        var span = header.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, ZipLayout.LocalSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], is64 ? ZipLayout.Version64 : ZipLayout.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(span[12..], ZipLayout.Date);
        BinaryPrimitives.WriteUInt32LittleEndian(span[14..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(span[18..], is64 ? uint.MaxValue : (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(span[22..], is64 ? uint.MaxValue : (uint)length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[26..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[28..], (ushort)extraLength);
        name.CopyTo(span[ZipLayout.LocalLength..]);
        span = span[(ZipLayout.LocalLength + name.Length)..];
        if (is64)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(span, ZipLayout.Zip64Field);
            BinaryPrimitives.WriteUInt16LittleEndian(span[2..], 16);
            BinaryPrimitives.WriteInt64LittleEndian(span[4..], length);
            BinaryPrimitives.WriteInt64LittleEndian(span[12..], length);
            span = span[20..];
        }

        BinaryPrimitives.WriteUInt16LittleEndian(span, ZipLayout.PaddingField);
        BinaryPrimitives.WriteUInt16LittleEndian(span[2..], (ushort)padding);
        span[ZipLayout.FieldHeaderLength..].Fill((byte)'Z');
        return header;
    }
}
