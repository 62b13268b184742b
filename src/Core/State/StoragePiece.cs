using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>A piece of host memory that one or more tensors of a state lie in.</summary>
/// <param name="Address">Where it starts; zero where it is empty.</param>
/// <param name="ByteLength">Its length in bytes.</param>
/// <param name="Type">The element type of its tensors.</param>
/// <param name="Tensors">The tensors in it; they keep the memory alive.</param>
public sealed record StoragePiece(nint Address, long ByteLength, ScalarType Type, IReadOnlyList<TensorData> Tensors);
