namespace Fulgurite.IO;

/// <summary>
/// A hash of samples of a memory region: both ends, and one random word in each of 8 to 32 equal parts, depending on the size. It always
/// detects a change of all words, as made by an optimizer step, and a change of a whole part; it rarely detects a change of single words.
/// </summary>
internal static unsafe class MemoryFingerprint
{
    private const int MostPlaces = 32;
    private const int LeastPlaces = 8;
    private const int BytesPerPlace = 4096;

    /// <summary>Returns the fingerprint.</summary>
    /// <param name="address">The address of the memory.</param>
    /// <param name="byteLength">The length in bytes; at least 64.</param>
    /// <param name="seed">Selects the samples; different for each capture, so that no position is always missed.</param>
    public static ulong Of(nint address, long byteLength, ulong seed)
    {
        var memory = (byte*)address;
        var count = Math.Clamp(byteLength / BytesPerPlace, LeastPlaces, MostPlaces);
        var part = (ulong)(byteLength / sizeof(ulong) / count);
        var hash = Mix(*(ulong*)memory, *(ulong*)(memory + byteLength - sizeof(ulong)));
        for (var index = 0UL; index < (ulong)count; index++)
        {
            seed += 0x9E3779B97F4A7C15;
            var place = (index * part) + Math.BigMul(Mix(seed, seed >> 31), part, out _);
            hash = Mix(hash, *(ulong*)(memory + (place * sizeof(ulong))));
        }

        return hash;
    }

    private static ulong Mix(ulong left, ulong right)
    {
        var value = (left ^ (right * 0xFF51AFD7ED558CCD)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 29);
    }
}

/// <summary>Compares memory of any length.</summary>
internal static unsafe class MemoryComparison
{
    public static bool AreSame(nint left, nint right, long byteLength)
    {
        for (var offset = 0L; offset < byteLength; offset += CopyList.ChunkBytes)
        {
            var length = (int)Math.Min(CopyList.ChunkBytes, byteLength - offset);
            if (!new ReadOnlySpan<byte>((byte*)left + offset, length).SequenceEqual(new ReadOnlySpan<byte>((byte*)right + offset, length)))
            {
                return false;
            }
        }

        return true;
    }
}

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
