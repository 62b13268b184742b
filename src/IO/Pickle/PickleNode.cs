namespace Fulgurite.IO.Pickle;

/// <summary>
/// Something that a pickle made and that may hold other things. Integers, texts and the like are plain .NET values: <c>null</c>,
/// <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, byte arrays.
/// </summary>
internal abstract class PickleNode
{
    /// <summary>Whether the pickle used it more than once; only such nodes can be part of a circle.</summary>
    public bool IsShared { get; set; }
}
