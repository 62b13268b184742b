using System.Text;
using System.Text.Unicode;

namespace Fulgurite.IO;

/// <summary>
/// Strings as encoded in pickles: UTF-8 with each unpaired surrogate encoded in three bytes, like Python's <c>surrogatepass</c>, because
/// both languages allow such strings.
/// </summary>
internal static class PickleText
{
    private const int HalfLength = 3;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns the encoded length of a string in bytes.</summary>
    public static int ByteCount(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length;
        }

        var count = 0;
        foreach (var unit in text)
        {
            // A surrogate pair takes four bytes, an unpaired surrogate three; two bytes per unit of a pair give the same sum.
            count += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        }

        for (var index = 0; index + 1 < text.Length; index++)
        {
            if (char.IsSurrogatePair(text[index], text[index + 1]))
            {
                count -= 2;
                index++;
            }
        }

        return count;
    }

    /// <summary>Encodes a string into exactly <see cref="ByteCount"/> bytes.</summary>
    public static void Encode(string text, Span<byte> destination)
    {
        var source = text.AsSpan();
        while (Utf8.FromUtf16(
            source, destination, out var read, out var written, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done)
        {
            var half = source[read];
            destination[written] = (byte)(0xE0 | (half >> 12));
            destination[written + 1] = (byte)(0x80 | ((half >> 6) & 0x3F));
            destination[written + 2] = (byte)(0x80 | (half & 0x3F));
            source = source[(read + 1)..];
            destination = destination[(written + HalfLength)..];
        }
    }

    /// <summary>Decodes a string; returns null if the bytes are not valid.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return DecodeWithHalves(bytes);
        }
    }

    private static string? DecodeWithHalves(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[used..];
            }
            else if (bytes.Length >= HalfLength && bytes[0] == 0xED && bytes[1] is >= 0xA0 and <= 0xBF && bytes[2] is >= 0x80 and <= 0xBF)
            {
                text.Append((char)(0xD000 | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F)));
                bytes = bytes[HalfLength..];
            }
            else
            {
                return null;
            }
        }

        return text.ToString();
    }
}
