using static TorchSharp.torch;

namespace Fulgurite.IO.Safetensors;

/// <summary>One entry of the tensor section.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type that it is stored as.</param>
/// <param name="Shape">Its shape as stored.</param>
/// <param name="Address">Where its bytes are.</param>
/// <param name="ByteLength">How many there are.</param>
/// <param name="Owner">What keeps them alive.</param>
/// <param name="Checksum">Their CRC-32 where it is known already.</param>
internal readonly record struct StoredTensor(string Name, ScalarType Type, long[] Shape, nint Address, long ByteLength, object Owner, uint? Checksum);
