using System.Security.Cryptography;
using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>Keeps file names within the limit of 255 bytes that file systems impose.</summary>
internal static class ShortFileName
{
    /// <summary>The pattern of the end of a truncated name.</summary>
    public const string Digest = "~[0-9a-f]{8}";

    private const int MostBytes = 255;
    private const int DigestLength = 9;

    /// <summary>Joins a name and its suffix. A name that is too long is truncated and followed by a hash of the full name.</summary>
    /// <param name="name">The name; slashes create folders.</param>
    /// <param name="ending">The suffix.</param>
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

    /// <summary>Returns whether a name may have been truncated: it then uses all bytes, except for a part of a character.</summary>
    public static bool MayBeCut(string file) => Encoding.UTF8.GetByteCount(file) > MostBytes - 4;

    /// <summary>Returns whether two prefixes may belong to the same name.</summary>
    public static bool BeginsAlike(ReadOnlySpan<char> one, ReadOnlySpan<char> other) => one.CommonPrefixLength(other) == Math.Min(one.Length, other.Length);
}
