using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>
/// Replaces the console streams that share the terminal of a live view, so that output of the program and of log providers appears above
/// the live lines. Code that holds a reference to an earlier stream still writes into them.
/// </summary>
internal sealed class ConsoleAbove : IDisposable
{
    private readonly List<Stream> _streams = [];

    /// <summary>Replaces the streams until it is disposed.</summary>
    /// <param name="block">The live lines.</param>
    /// <param name="terminal">The terminal of the live lines.</param>
    public ConsoleAbove(LiveBlock block, ProgressTerminal terminal)
    {
        if (terminal.SharesError)
        {
            _streams.Add(new Stream(block, Console.Error, Console.SetError, () => Console.Error));
        }

        if (terminal.SharesOutput)
        {
            _streams.Add(new Stream(block, Console.Out, Console.SetOut, () => Console.Out));
        }
    }

    /// <summary>Restores the streams, unless other code has replaced them in the meantime; the replaced ones then write through.</summary>
    public void Dispose() => _streams.ForEach(stream => stream.Dispose());

    private sealed class Stream : IDisposable
    {
        private readonly TextWriter _original;
        private readonly TextWriter _installed;
        private readonly Action<TextWriter> _set;
        private readonly Func<TextWriter> _current;

        public Stream(LiveBlock block, TextWriter original, Action<TextWriter> set, Func<TextWriter> current)
        {
            (_original, _set, _current) = (original, set, current);
            set(new WholeLines(block, original));

            // The console wraps the writer.
            _installed = current();
        }

        public void Dispose()
        {
            if (ReferenceEquals(_current(), _installed))
            {
                _set(_original);
            }

            _installed.Close();
        }
    }

    /// <summary>Forwards complete lines. The console serializes the calls.</summary>
    private sealed class WholeLines(LiveBlock block, TextWriter original) : TextWriter(original.FormatProvider)
    {
        private readonly StringBuilder _rest = new();
        private bool _isClosed;

        public override Encoding Encoding => original.Encoding;

        public override void Write(char value)
        {
            _rest.Append(value);
            if (value == '\n' || _isClosed)
            {
                HandOn();
            }
        }

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            var end = buffer.LastIndexOf('\n') + 1;
            _rest.Append(buffer[..end]);
            if (end > 0)
            {
                HandOn();
            }

            _rest.Append(buffer[end..]);
            if (_isClosed)
            {
                HandOn();
            }
        }

        public override void WriteLine(string? value) => Write(value + NewLine);

        /// <summary>Forwards the rest and all further output directly.</summary>
        public override void Close()
        {
            _isClosed = true;
            HandOn();
        }

        private void HandOn()
        {
            if (_rest.Length > 0)
            {
                block.WriteAbove(original, _rest.ToString());
                _rest.Clear();
            }
        }
    }
}
