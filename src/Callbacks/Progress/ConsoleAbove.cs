using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>
/// Takes the place of the streams of the console that go to the terminal of a live view, so that what the program or a log provider writes
/// there stands above the live lines. Whoever kept a stream from before still writes into them.
/// </summary>
internal sealed class ConsoleAbove : IDisposable
{
    private readonly List<Stream> _streams = [];

    /// <summary>Takes the streams over until it is disposed.</summary>
    /// <param name="block">The live lines.</param>
    /// <param name="terminal">Where they are.</param>
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

    /// <summary>Gives the streams back, unless somebody else has taken them meanwhile; through what they keep one writes as before.</summary>
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

            // What is there now is a wrapper of the console's own.
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

    /// <summary>Hands on whole lines: half a line cannot stand above others. The console calls it from one thread at a time.</summary>
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

        /// <summary>There are no live lines any more.</summary>
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
