namespace Fulgurite.IO;

/// <summary>The fingerprints of live pieces at one moment, to detect later changes of the pieces or of their copies.</summary>
internal sealed class PieceSamples
{
    private readonly PlannedPiece[] _pieces;
    private readonly ulong[] _samples;
    private readonly ulong _seed;

    /// <summary>Computes the fingerprints.</summary>
    /// <param name="pieces">The pieces; each larger than <see cref="CapturePlan.SmallPiece"/>.</param>
    /// <param name="seed">Selects the samples.</param>
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

    /// <summary>Returns the index of the first changed piece, or -1.</summary>
    /// <param name="where">Returns the current address of a piece or of its copy.</param>
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
