using System.Buffers;
using System.Text.Json;

namespace Fulgurite.IO;

/// <summary>The property names for values that JSON lacks. A map with a key that starts like one is written as a list of pairs.</summary>
internal static class StateJson
{
    public const char Mark = '$';
    public const string Tensor = "$tensor";
    public const string Type = "dtype";
    public const string Shape = "shape";
    public const string Strides = "strides";
    public const string Offset = "offset";
    public const string Real = "$real";
    public const string Text = "$utf16";
    public const string Bytes = "$bytes";
    public const string Tuple = "$tuple";
    public const string Map = "$map";
    public const string Object = "$object";
    public const string Form = "form";
    public const string Arguments = "arguments";
    public const string State = "state";
    public const string Items = "items";

    /// <summary>The maximum nesting depth of a tree; a tuple or map may take two levels of JSON.</summary>
    public const int MaxDepth = PickleLimits.MaxDepth;

    /// <summary>Returns true if a text is well-formed UTF-16, without unpaired surrogates.</summary>
    public static bool IsWellFormed(string text)
    {
        for (var index = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); index >= 0 && index < text.Length; index++)
        {
            if (char.IsSurrogate(text[index]) && (index + 1 == text.Length || !char.IsSurrogatePair(text[index], text[++index])))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>
/// Writes bytes as a JSON string in segments, so that JSON nested in a JSON string is never held in memory as a whole.
/// </summary>
/// <param name="json">The writer of the outer JSON.</param>
internal sealed class JsonText(Utf8JsonWriter json) : IBufferWriter<byte>
{
    private byte[] _buffer = new byte[16 << 10];

    public void Advance(int count) => json.WriteStringValueSegment(_buffer.AsSpan(0, count), isFinalSegment: false);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length < sizeHint)
        {
            _buffer = new byte[sizeHint];
        }

        return _buffer;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Ends the string.</summary>
    public void End() => json.WriteStringValueSegment(ReadOnlySpan<byte>.Empty, isFinalSegment: true);
}
