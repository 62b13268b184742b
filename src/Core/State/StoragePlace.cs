namespace Fulgurite.State;

/// <summary>Where a tensor lies.</summary>
/// <param name="Piece">The number of its piece in <see cref="StorageLayout.Pieces"/>.</param>
/// <param name="Offset">Where its first element lies in the piece, in elements.</param>
public readonly record struct StoragePlace(int Piece, long Offset);
