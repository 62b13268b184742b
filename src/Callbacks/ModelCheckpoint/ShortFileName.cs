using System.Security.Cryptography;
using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>Keeps the names of files within the 255 bytes that file systems have for one.</summary>
internal static class ShortFileName
{
    /// <summary>The end of a name that was cut, as a pattern.</summary>
    public const string Digest = "~[0-9a-f]{8}";

    private const int MostBytes = 255;
    private const int DigestLength = 9;

    /// <summary>Puts name and ending together. Of a name that is too long the beginning stays, with a digest of the whole behind it.</summary>
    /// <param name="name">The name; slashes make folders.</param>
    /// <param name="ending">What follows it.</param>
    public static string Of(string name, string ending)
    {
        var folder = name.LastIndexOf('/') + 1;
        var file = name[folder..];
        var room = MostBytes - Encoding.UTF8.GetByteCount(ending);
        if (Encoding.UTF8.GetByteCount(file) <= room)
        {
            return name + ending;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)).AsSpan(0, 4));
        var kept = 0;
        room -= DigestLength;
        foreach (var rune in file.EnumerateRunes().TakeWhile(rune => (room -= rune.Utf8SequenceLength) >= 0))
        {
            kept += rune.Utf16SequenceLength;
        }

        return $"{name[..(folder + kept)]}~{digest}{ending}";
    }

    /// <summary>Whether a name may have been cut: such a one takes up all the room, but for a part of a letter.</summary>
    public static bool MayBeCut(string file) => Encoding.UTF8.GetByteCount(file) > MostBytes - 4;

    /// <summary>Whether two beginnings of names may be those of one.</summary>
    public static bool BeginsAlike(ReadOnlySpan<char> one, ReadOnlySpan<char> other) => one.CommonPrefixLength(other) == Math.Min(one.Length, other.Length);
}
