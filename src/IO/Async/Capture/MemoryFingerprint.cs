namespace Fulgurite.IO;

/// <summary>
/// A fingerprint of a few places in a piece of memory: both ends, and one word at random in each of 8 to 32 equal parts, by its size. It
/// always sees a change of all words, as an optimizer step makes it, and one of a whole part; a change of single words hardly ever.
/// </summary>
internal static unsafe class MemoryFingerprint
{
    private const int MostPlaces = 32;
    private const int LeastPlaces = 8;
    private const int BytesPerPlace = 4096;

    /// <summary>The fingerprint.</summary>
    /// <param name="address">Where the memory starts.</param>
    /// <param name="byteLength">Its length; at least 64 bytes.</param>
    /// <param name="seed">Which places; others for each capture, so that no place is overlooked for ever.</param>
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
