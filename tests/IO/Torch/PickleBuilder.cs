using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Writes pickles by hand, instruction by instruction, to have hostile ones.</summary>
internal sealed class PickleBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public PickleBuilder() => Raw(0x80, 2);

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleBuilder Op(char opcode) => Raw((byte)opcode);

    public PickleBuilder Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBuilder Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Op('X').UInt32((uint)bytes.Length).Raw(bytes);
    }

    public PickleBuilder Integer(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8A, 8).Raw(bytes);
    }

    public PickleBuilder UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public PickleBuilder Repeat(int count, Action<PickleBuilder> part)
    {
        for (var index = 0; index < count; index++)
        {
            part(this);
        }

        return this;
    }

    /// <summary>Repeats a part with its number, from zero.</summary>
    public PickleBuilder Counted(int count, Action<PickleBuilder, long> part)
    {
        for (var index = 0; index < count; index++)
        {
            part(this, index);
        }

        return this;
    }

    /// <summary>A float tensor on the storage '0'.</summary>
    public PickleBuilder Tensor(long elements, long offset, long[] shape, long[] strides, string storage = "FloatStorage")
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(');
        Op('(').Text("storage").Global("torch", storage).Text("0").Text("cpu").Integer(elements).Op('t').Op('Q');
        Integer(offset).Op('(');
        Array.ForEach(shape, size => Integer(size));
        Op('t').Op('(');
        Array.ForEach(strides, stride => Integer(stride));
        return Op('t').Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
    }

    /// <summary>Everything with a STOP at the end.</summary>
    public byte[] Stop() => Op('.').Bytes();

    /// <summary>Everything as it is.</summary>
    public byte[] Bytes() => _bytes.WrittenSpan.ToArray();
}
