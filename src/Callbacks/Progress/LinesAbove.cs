using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>Forwards complete lines above live lines while it is connected to some, and everything directly otherwise.</summary>
/// <remarks>The console serializes the calls of the writer; <see cref="Connect"/> uses the same lock.</remarks>
internal sealed class LinesAbove(TextWriter original) : TextWriter(original.FormatProvider)
{
    private readonly StringBuilder _rest = new();
    private LiveBlock? _block;

    public override Encoding Encoding => original.Encoding;

    /// <summary>Connects the writer until the result is disposed, which forwards an incomplete line.</summary>
    /// <param name="block">The live lines.</param>
    /// <param name="console">The writer as the console wraps it, whose calls lock it.</param>
    public IDisposable Connect(LiveBlock block, TextWriter console)
    {
        lock (console)
        {
            _block = block;
        }

        return new Connection(this, block, console);
    }

    public override void Write(char value) => Write(new ReadOnlySpan<char>(in value));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (_block is null)
        {
            // The order of locks of LiveBlock, whose lines may be those of another view.
            lock (Console.Out)
            {
                original.Write(buffer);
            }

            return;
        }

        var end = buffer.LastIndexOf('\n') + 1;
        _rest.Append(buffer[..end]);
        if (end > 0)
        {
            HandOn(_block);
        }

        _rest.Append(buffer[end..]);
    }

    public override void WriteLine(string? value) => Write(value + NewLine);

    public override void Flush() => original.Flush();

    private void HandOn(LiveBlock block)
    {
        if (_rest.Length > 0)
        {
            block.WriteAbove(original, _rest.ToString());
            _rest.Clear();
        }
    }

    private sealed class Connection(LinesAbove lines, LiveBlock block, TextWriter console) : IDisposable
    {
        public void Dispose()
        {
            lock (console)
            {
                lines.HandOn(block);

                // A view that was shown later stays connected.
                lines._block = ReferenceEquals(lines._block, block) ? null : lines._block;
            }
        }
    }
}
