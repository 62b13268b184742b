using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>Tensors as bytes, row after row, for their way between processes.</summary>
internal static class TensorBytes
{
    public static byte[] Of(Tensor tensor)
    {
        var data = TensorData.FromTensor(tensor);
        var bytes = new byte[data.ByteLength];
        data.CopyTo(bytes);
        GC.KeepAlive(tensor);
        return bytes;
    }

    /// <summary>A tensor of the type, shape and device of another one.</summary>
    public static Tensor ToTensor(byte[] bytes, Tensor like) => Data(bytes, like).ToTensor().to(like.device);

    public static void Copy(byte[] bytes, Tensor target) => Data(bytes, target).CopyTo(target);

    private static TensorData Data(byte[] bytes, Tensor like) => TensorData.FromValues<byte>(bytes, like.dtype, like.shape);
}
