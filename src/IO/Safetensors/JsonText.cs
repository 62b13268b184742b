using System.Buffers;
using System.Text.Json;

namespace Fulgurite.IO.Safetensors;

/// <summary>
/// Takes bytes that become a text within JSON, stretch by stretch: JSON that stands as a text within JSON is never held as a whole.
/// </summary>
/// <param name="json">Writes the JSON around it.</param>
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

    /// <summary>Ends the text.</summary>
    public void End() => json.WriteStringValueSegment(ReadOnlySpan<byte>.Empty, isFinalSegment: true);
}
