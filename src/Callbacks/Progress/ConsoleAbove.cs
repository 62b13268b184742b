namespace Fulgurite.Callbacks;

/// <summary>
/// Lets output of the program and of log providers appear above the live lines of a view, as long as they are shown. The streams of the
/// console are shared (<see cref="SharedConsole"/>), or else replaced meanwhile: code that holds a reference to an earlier stream then
/// still writes into the live lines.
/// </summary>
internal sealed class ConsoleAbove : IDisposable
{
    private readonly List<IDisposable> _streams = [];

    /// <summary>Connects the streams until it is disposed.</summary>
    /// <param name="block">The live lines.</param>
    /// <param name="terminal">The terminal of the live lines.</param>
    public ConsoleAbove(LiveBlock block, ProgressTerminal terminal)
    {
        if (terminal.SharesError)
        {
            _streams.Add(SharedConsole.Error?.Connect(block) ?? new Replaced(block, Console.Error, Console.SetError, () => Console.Error));
        }

        if (terminal.SharesOutput)
        {
            _streams.Add(SharedConsole.Output?.Connect(block) ?? new Replaced(block, Console.Out, Console.SetOut, () => Console.Out));
        }
    }

    /// <summary>Restores the streams, unless other code has replaced them in the meantime; the replaced ones then write through.</summary>
    public void Dispose() => _streams.ForEach(stream => stream.Dispose());

    private sealed class Replaced : IDisposable
    {
        private readonly TextWriter _original;
        private readonly TextWriter _installed;
        private readonly Action<TextWriter> _set;
        private readonly Func<TextWriter> _current;
        private readonly IDisposable _connection;

        public Replaced(LiveBlock block, TextWriter original, Action<TextWriter> set, Func<TextWriter> current)
        {
            (_original, _set, _current) = (original, set, current);
            var lines = new LinesAbove(original);
            set(lines);

            // The console wraps the writer and serializes the calls.
            _installed = current();
            _connection = lines.Connect(block, _installed);
        }

        public void Dispose()
        {
            if (ReferenceEquals(_current(), _installed))
            {
                _set(_original);
            }

            _connection.Dispose();
        }
    }
}
