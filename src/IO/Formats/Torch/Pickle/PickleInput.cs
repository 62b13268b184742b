using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>The bytes of a pickle in a file, read as they are needed, and never past their end.</summary>
internal sealed class PickleInput(StorageReader reader, long offset, long end)
{
    private const int BufferSize = 64 << 10;
    private const int MaxLine = 4096;

    private byte[] _buffer = new byte[Math.Min(BufferSize, Math.Max(end - offset, 0))];
    private long _bufferOffset = offset;
    private int _position;
    private int _count;

    /// <summary>Where the next byte is in the file.</summary>
    public long Offset => _bufferOffset + _position;

    /// <summary>The next byte if it is at hand, or -1; it stays the next one.</summary>
    public int Peek() => _position < _count ? _buffer[_position] : -1;

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
            throw new PickleException($"a frame of {length} bytes is announced and {end - Offset} are left", Offset);
        }
    }

    /// <summary>The next bytes; valid until the next read.</summary>
    public ReadOnlySpan<byte> Read(long length)
    {
        if (length < 0 || length > end - Offset)
        {
            throw new PickleException($"{length} bytes are announced and {end - Offset} are left", Offset);
        }

        if (length > _count - _position)
        {
            Fill((int)length);
        }

        var bytes = _buffer.AsSpan(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    /// <summary>The next bytes up to the end of the line, which is not among them; valid until the next read.</summary>
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
