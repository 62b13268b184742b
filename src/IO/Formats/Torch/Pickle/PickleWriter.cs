using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>Writes pickle protocol 2, the protocol of <c>torch.save</c>, which all readers of torch files support.</summary>
/// <param name="capacity">The expected length in bytes.</param>
internal sealed class PickleWriter(int capacity = 4096)
{
    /// <summary>The batch size of long lists and maps, as in Python, which limits the stack depth of readers.</summary>
    public const int BatchSize = 1000;

    private const int LongestDecimal = 20;
    private const int MostRecent = 8;

    private readonly Dictionary<(string Module, string Name), int> _globals = [];
    private readonly Dictionary<string, int> _texts = [];

    /// <summary>Recent globals and strings, compared by reference: all tensors use the same few, and hashing would be slower.</summary>
    private readonly List<(string? Module, string Name, int Place)> _recent = [];
    private byte[] _buffer = new byte[capacity];
    private int _count;
    private int _places;

    /// <summary>Gets the written bytes; valid until the next write.</summary>
    public ArraySegment<byte> Written => new(_buffer, 0, _count);

    public void Start()
    {
        Write(PickleOpcode.Protocol);
        WriteByte(2);
    }

    public void Write(PickleOpcode opcode) => WriteByte((byte)opcode);

    public void WriteInteger(long value)
    {
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                Write(PickleOpcode.BinaryByte);
                WriteByte((byte)value);
                break;
            case >= 0 and <= ushort.MaxValue:
                Write(PickleOpcode.BinaryUInt16);
                BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)value);
                break;
            case >= int.MinValue and <= int.MaxValue:
                Write(PickleOpcode.BinaryInteger);
                BinaryPrimitives.WriteInt32LittleEndian(Take(4), (int)value);
                break;
            default:
                WriteLong(value);
                break;
        }
    }

    public void WriteReal(double value)
    {
        Write(PickleOpcode.BinaryFloat);
        BinaryPrimitives.WriteDoubleBigEndian(Take(8), value);
    }

    public void WriteBoolean(bool value) => Write(value ? PickleOpcode.True : PickleOpcode.False);

    public void WriteText(string value)
    {
        var length = PickleText.ByteCount(value);
        Write(PickleOpcode.BinaryUnicode);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), (uint)length);
        PickleText.Encode(value, Take(length));
    }

    /// <summary>Writes an integer as a string.</summary>
    public void WriteDecimal(long value)
    {
        Write(PickleOpcode.BinaryUnicode);
        var length = Take(sizeof(uint) + LongestDecimal);
        Utf8Formatter.TryFormat(value, length[sizeof(uint)..], out var written);
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)written);
        _count -= LongestDecimal - written;
    }

    /// <summary>Writes a global, or a memo reference if it was written before.</summary>
    public void WriteGlobal(string module, string name)
    {
        if (WriteRecent(module, name))
        {
            return;
        }

        if (_globals.TryGetValue((module, name), out var place))
        {
            WriteGet(place);
            return;
        }

        Write(PickleOpcode.Global);
        WriteLine(module);
        WriteLine(name);
        _globals.Add((module, name), _places);
        Remember(module, name);
        WritePut();
    }

    /// <summary>Writes a string, or a memo reference if it was written before.</summary>
    public void WriteSharedText(string value)
    {
        if (WriteRecent(null, value))
        {
            return;
        }

        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, value, out var isKnown);
        if (isKnown)
        {
            WriteGet(place);
            return;
        }

        place = _places;
        Remember(null, value);
        WriteText(value);
        WritePut();
    }

    /// <summary>Writes the opcode of a tuple whose items are on the stack.</summary>
    public void WriteTuple(int count) => Write(count switch
    {
        0 => PickleOpcode.EmptyTuple,
        1 => PickleOpcode.Tuple1,
        2 => PickleOpcode.Tuple2,
        3 => PickleOpcode.Tuple3,
        _ => PickleOpcode.Tuple,
    });

    /// <summary>Starts a tuple: more than three items need a mark below them.</summary>
    public void StartTuple(int count)
    {
        if (count > 3)
        {
            Write(PickleOpcode.Mark);
        }
    }

    private bool WriteRecent(string? module, string name)
    {
        foreach (var recent in CollectionsMarshal.AsSpan(_recent))
        {
            if (ReferenceEquals(recent.Name, name) && ReferenceEquals(recent.Module, module))
            {
                WriteGet(recent.Place);
                return true;
            }
        }

        return false;
    }

    private void Remember(string? module, string name)
    {
        if (_recent.Count < MostRecent)
        {
            _recent.Add((module, name, _places));
        }
    }

    private void WriteLong(long value)
    {
        Write(PickleOpcode.Long1);
        WriteByte(sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);
    }

    private void WriteLine(string text)
    {
        PickleText.Encode(text, Take(PickleText.ByteCount(text)));
        WriteByte((byte)'\n');
    }

    private void WriteGet(int place)
    {
        if (place <= byte.MaxValue)
        {
            Write(PickleOpcode.BinaryGet);
            WriteByte((byte)place);
        }
        else
        {
            Write(PickleOpcode.LongBinaryGet);
            BinaryPrimitives.WriteInt32LittleEndian(Take(4), place);
        }
    }

    private void WritePut()
    {
        var place = _places++;
        if (place <= byte.MaxValue)
        {
            Write(PickleOpcode.BinaryPut);
            WriteByte((byte)place);
        }
        else
        {
            Write(PickleOpcode.LongBinaryPut);
            BinaryPrimitives.WriteInt32LittleEndian(Take(4), place);
        }
    }

    private void WriteByte(byte value)
    {
        if (_count == _buffer.Length)
        {
            Grow(1);
        }

        _buffer[_count++] = value;
    }

    private Span<byte> Take(int length)
    {
        if (length > _buffer.Length - _count)
        {
            Grow(length);
        }

        var span = _buffer.AsSpan(_count, length);
        _count += length;
        return span;
    }

    private void Grow(int length) =>
        Array.Resize(ref _buffer, checked((int)Math.Min(Math.Max(2L * _buffer.Length, _count + (long)length), Array.MaxLength)));
}
