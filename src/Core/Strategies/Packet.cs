using System.Buffers.Binary;
using System.Text;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Bytes with a description of their content, which detects processes that are out of step.</summary>
/// <param name="What">The description of the content.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct Packet(string What, byte[] Bytes)
{
    public static byte[] Seal(string what, byte[] bytes)
    {
        var name = Encoding.UTF8.GetBytes(what);
        var packet = new byte[sizeof(int) + name.Length + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(packet, name.Length);
        name.CopyTo(packet, sizeof(int));
        bytes.CopyTo(packet, sizeof(int) + name.Length);
        return packet;
    }

    public static Packet Open(byte[] packet)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(packet);
        return new Packet(Encoding.UTF8.GetString(packet, sizeof(int), length), packet[(sizeof(int) + length)..]);
    }
}

/// <summary>Serializes tensors in row-major order for the exchange between processes.</summary>
internal static class TensorBytes
{
    public static byte[] Of(Tensor tensor)
    {
        using var dense = tensor.is_sparse ? tensor.to_dense() : null;
        var data = TensorData.FromTensor(dense ?? tensor);
        var bytes = new byte[data.ByteLength];
        data.CopyTo(bytes);
        GC.KeepAlive(tensor);
        return bytes;
    }

    /// <summary>Returns a tensor with the type, shape and device of another one.</summary>
    public static Tensor ToTensor(byte[] bytes, Tensor like) => Data(bytes, like).ToTensor().to(like.device);

    private static TensorData Data(byte[] bytes, Tensor like) => TensorData.FromValues<byte>(bytes, like.dtype, like.shape);
}
