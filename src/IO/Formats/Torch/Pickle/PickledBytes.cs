using System.Text;

namespace Fulgurite.IO;

/// <summary>Reads pickled bytes: stored as bytes or, in protocols before 3, as a string to be encoded in Latin-1.</summary>
internal static class PickledBytes
{
    /// <summary>Returns the bytes; null for any other value.</summary>
    public static byte[]? TryGet(object? value) => value switch
    {
        byte[] bytes => bytes,
        PickleObject { Callable.Name: "_codecs.encode", Arguments.Items: [string text, string encoding] } when IsLatin(encoding) => Encode(text),
        PickleObject { Callable.Name: "builtins.bytes" or "__builtin__.bytes" or "builtins.bytearray" or "__builtin__.bytearray" } made => made.Arguments.Items switch
        {
            [] => [],
            [string text, string encoding] when IsLatin(encoding) => Encode(text),
            [var inner] when inner is not PickleObject { Callable.Name: not "_codecs.encode" } => TryGet(inner),
            _ => null,
        },
        _ => null,
    };

    private static bool IsLatin(string encoding) => encoding is "latin1" or "latin-1" or "iso-8859-1";

    private static byte[]? Encode(string text) => text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? null : Encoding.Latin1.GetBytes(text);
}
