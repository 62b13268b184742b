using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>Reads the bytes of a pickle from a file on demand, never beyond its end.</summary>
internal sealed class PickleInput(StorageReader reader, long offset, long end)
{
    private const int BufferSize = 64 << 10;
    private const int MaxLine = 4096;

    private byte[] _buffer = new byte[Math.Min(BufferSize, Math.Max(end - offset, 0))];
    private long _bufferOffset = offset;
    private int _position;
    private int _count;

    /// <summary>Gets the length of the pickle in the file in bytes; less than its own length if it is compressed.</summary>
    public long StoredLength { get; init; } = end - offset;

    /// <summary>Gets the file offset of the next byte.</summary>
    public long Offset => _bufferOffset + _position;

    /// <summary>Returns the next byte without consuming it, or -1 if it is not buffered.</summary>
    public int Peek() => _position < _count ? _buffer[_position] : -1;

    /// <summary>Gets the bytes that are in memory and not consumed yet; valid until the next read.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_position, _count - _position);

    /// <summary>Consumes bytes of <see cref="Buffered"/>.</summary>
    public void Skip(int count) => _position += count;

    /// <summary>Returns the bytes consumed since an offset; empty if they are no longer in memory.</summary>
    public ReadOnlySpan<byte> Since(long start) =>
        start >= _bufferOffset ? _buffer.AsSpan((int)(start - _bufferOffset), (int)(Offset - start)) : [];

    public byte ReadByte()
    {
        if (_position == _count)
        {
            Fill(1);
        }

        return _buffer[_position++];
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Read(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Read(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Read(4));

    public double ReadReal() => BinaryPrimitives.ReadDoubleBigEndian(Read(8));

    public long ReadCount64()
    {
        var start = Offset;
        var count = BinaryPrimitives.ReadInt64LittleEndian(Read(8));
        return count >= 0 ? count : throw new PickleException($"a length is {unchecked((ulong)count)}", start);
    }

    /// <summary>Reads the length of a frame, which must end within the pickle.</summary>
    public void CheckFrame()
    {
        var length = ReadCount64();
        if (length > end - Offset)
        {
            throw new PickleException($"a frame of {length} bytes is declared and {end - Offset} remain", Offset);
        }
    }

    /// <summary>Reads bytes; valid until the next read.</summary>
    public ReadOnlySpan<byte> Read(long length)
    {
        if (length < 0 || length > end - Offset)
        {
            throw new PickleException($"{length} bytes are declared and {end - Offset} remain", Offset);
        }

        if (length > _count - _position)
        {
            Fill((int)length);
        }

        var bytes = _buffer.AsSpan(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    /// <summary>Reads a line without its line break; valid until the next read.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        for (var length = 0; length < MaxLine; length++)
        {
            if (_position + length == _count)
            {
                Fill(length + 1);
            }

            if (_buffer[_position + length] == (byte)'\n')
            {
                var line = _buffer.AsSpan(_position, length);
                _position += length + 1;
                return line;
            }
        }

        throw new PickleException($"a line has more than {MaxLine} characters", Offset);
    }

    private void Fill(int needed)
    {
        var left = end - Offset;
        if (needed > left)
        {
            throw new PickleException("the pickle ends before its STOP", Offset);
        }

        var kept = _count - _position;
        var size = (int)Math.Min(Math.Max(needed, BufferSize), left);
        var buffer = size <= _buffer.Length ? _buffer : new byte[size];
        _buffer.AsSpan(_position, kept).CopyTo(buffer);
        _bufferOffset += _position;
        _position = 0;
        reader.Read(_bufferOffset + kept, buffer.AsSpan(kept, size - kept));
        _buffer = buffer;
        _count = size;
    }
}
