using Fulgurite.State;

namespace Fulgurite.IO.Torch;

/// <summary>A storage of a torch file: where its bytes are, and the memory that they are read into.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Offset">Where its bytes start in the file.</param>
/// <param name="ByteLength">How many there are.</param>
/// <param name="Crc">Their CRC-32; null where the file has none.</param>
internal sealed record TorchStorage(string Key, long Offset, long ByteLength, uint? Crc)
{
    /// <summary>The memory, made when a tensor first lies in it.</summary>
    public TensorStorage? Memory { get; set; }
}
