namespace Fulgurite.IO.Async.Capture;

/// <summary>
/// A fingerprint of a few places in a piece of memory: both ends and 8 to 32 words between, by its size. Of a change that touches a
/// part f of the words it misses at most (1 - f)^8, and (1 - f)^32 in pieces of 128 KiB and more: an optimizer step, which touches
/// all words, it always sees; one changed word of many hardly ever.
/// </summary>
internal static unsafe class MemorySamples
{
    private const int MostPlaces = 32;
    private const int LeastPlaces = 8;
    private const int BytesPerPlace = 4096;

    /// <summary>The fingerprint.</summary>
    /// <param name="address">Where the memory starts.</param>
    /// <param name="byteLength">Its length; at least eight bytes.</param>
    /// <param name="seed">Which places; others for each capture, so that no place is overlooked for ever.</param>
    public static ulong Of(nint address, long byteLength, ulong seed)
    {
        var memory = (byte*)address;
        var words = (ulong)byteLength / sizeof(ulong);
        var hash = Mix(*(ulong*)memory, *(ulong*)(memory + byteLength - sizeof(ulong)));
        var count = Math.Clamp(byteLength / BytesPerPlace, LeastPlaces, MostPlaces);
        for (var index = 0L; index < count; index++)
        {
            seed += 0x9E3779B97F4A7C15;
            var random = Mix(seed, seed >> 31);
            var place = Math.BigMul(random, words, out _);
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
