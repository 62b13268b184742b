namespace Fulgurite.IO;

/// <summary>The fingerprints of pieces of live memory at one moment, to find out later whether the pieces, or copies of them, are still that.</summary>
internal sealed class PieceSamples
{
    private readonly PlannedPiece[] _pieces;
    private readonly ulong[] _samples;
    private readonly ulong _seed;

    /// <summary>Takes the fingerprints.</summary>
    /// <param name="pieces">The pieces; each has more than <see cref="CapturePlan.SmallPiece"/> bytes.</param>
    /// <param name="seed">Which places are looked at.</param>
    public PieceSamples(PlannedPiece[] pieces, ulong seed)
    {
        _pieces = pieces;
        _seed = seed;
        _samples = new ulong[pieces.Length];
        for (var index = 0; index < pieces.Length; index++)
        {
            _samples[index] = MemoryFingerprint.Of(pieces[index].Source, pieces[index].ByteLength, seed);
        }
    }

    /// <summary>The first piece that is other than it was, by its number; or -1.</summary>
    /// <param name="where">Where a piece, or the copy of it, lies now.</param>
    public int FindChanged(Func<PlannedPiece, nint> where)
    {
        for (var index = 0; index < _samples.Length; index++)
        {
            if (MemoryFingerprint.Of(where(_pieces[index]), _pieces[index].ByteLength, _seed) != _samples[index])
            {
                return index;
            }
        }

        return -1;
    }
}
