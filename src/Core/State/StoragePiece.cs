using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>A piece of host memory that one or more tensors of a state lie in.</summary>
/// <param name="Address">Where it starts; zero where it is empty.</param>
/// <param name="ByteLength">Its length in bytes.</param>
/// <param name="Type">The element type of its tensors.</param>
/// <param name="Tensors">The tensors in it; they keep the memory alive.</param>
public sealed record StoragePiece(nint Address, long ByteLength, ScalarType Type, IReadOnlyList<TensorData> Tensors)
{
    /// <summary>The CRC-32 of its bytes where it is a whole storage that knows it; otherwise null.</summary>
    public uint? Checksum
    {
        get
        {
            var storage = Tensors[0].Storage;
            return storage.IsCaptured && storage.ByteLength == ByteLength && storage.Address == Address ? storage.Checksum : null;
        }
    }
}
