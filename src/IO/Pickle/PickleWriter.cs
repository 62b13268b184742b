using System.Buffers;
using System.Buffers.Binary;

namespace Fulgurite.IO.Pickle;

/// <summary>Writes instructions of pickle protocol 2, the one that <c>torch.save</c> writes and every reader of its files knows.</summary>
/// <param name="output">Where to.</param>
internal sealed class PickleWriter(ArrayBufferWriter<byte> output)
{
    /// <summary>Python writes long lists and maps in such pieces, so that no reader needs a deep stack for them.</summary>
    public const int BatchSize = 1000;

    private readonly Dictionary<(string? Module, string Text), int> _memo = [];

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

    /// <summary>Writes a reference to a global, once; afterwards a reference to the first.</summary>
    public void WriteGlobal(string module, string name)
    {
        if (_memo.TryGetValue((module, name), out var place))
        {
            WriteGet(place);
            return;
        }

        Write(PickleOpcode.Global);
        WriteLine(module);
        WriteLine(name);
        WritePut((module, name));
    }

    /// <summary>Writes a text, once; afterwards a reference to the first.</summary>
    public void WriteSharedText(string value)
    {
        if (_memo.TryGetValue((null, value), out var place))
        {
            WriteGet(place);
            return;
        }

        WriteText(value);
        WritePut((null, value));
    }

    /// <summary>Writes a tuple whose items are on the stack above a mark, or the last one to three.</summary>
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

    private void WritePut((string? Module, string Text) key)
    {
        var place = _memo.Count;
        _memo.Add(key, place);
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

    private void WriteByte(byte value) => Take(1)[0] = value;

    private Span<byte> Take(int length)
    {
        var span = output.GetSpan(Math.Max(length, 1))[..length];
        output.Advance(length);
        return span;
    }
}
