using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>A few lines at the bottom of a terminal that are drawn over, and lasting lines above them.</summary>
/// <remarks>
/// Each redraw is a single write, to avoid flicker. No line is longer than the terminal, because a wrapped line cannot be redrawn.
/// Redrawn on the thread of the run; other output comes from any thread. On Unix, the console locks <see cref="Console.Out"/> to write to
/// any of its streams, and that writer may be the caller. So its lock is taken before the one of the lines.
/// </remarks>
internal sealed class LiveBlock(ProgressTerminal terminal)
{
    private const string EraseToEnd = "\u001b[J";

    private readonly Lock _lock = new();
    private IReadOnlyList<StyledLine> _live = [];

    /// <summary>Draws lines in place of those that were drawn before.</summary>
    public void Draw(IReadOnlyList<StyledLine> lines) => Draw([], lines);

    /// <summary>Adds permanent lines; the live lines disappear until the next redraw.</summary>
    public void Add(IReadOnlyList<StyledLine> lines) => Draw(lines, []);

    /// <summary>Writes complete lines of other code above the live lines.</summary>
    /// <param name="writer">The destination, on the same terminal.</param>
    /// <param name="lines">The lines, each with its line break.</param>
    public void WriteAbove(TextWriter writer, string lines)
    {
        lock (Console.Out)
        {
            lock (_lock)
            {
                if (_live.Count == 0)
                {
                    writer.Write(lines);
                    writer.Flush();
                    return;
                }

                Write(Erase(new StringBuilder()));
                writer.Write(lines);
                writer.Flush();
                Write(Append(new StringBuilder(), _live));
            }
        }
    }

    private void Draw(IReadOnlyList<StyledLine> lasting, IReadOnlyList<StyledLine> live)
    {
        lock (Console.Out)
        {
            lock (_lock)
            {
                var text = Erase(new StringBuilder());
                foreach (var line in lasting)
                {
                    line.AppendTo(text, terminal.IsInteractive ? terminal.Width : int.MaxValue, terminal.HasColors);
                    text.Append('\n');
                }

                Write(Append(text, live));
                _live = live;
            }
        }
    }

    private StringBuilder Erase(StringBuilder text) =>
        _live.Count == 0
            ? text
            : text.Append('\r').Append(_live.Count > 1 ? $"\u001b[{_live.Count - 1}A" : string.Empty).Append(EraseToEnd);

    private StringBuilder Append(StringBuilder text, IReadOnlyList<StyledLine> live)
    {
        for (var index = 0; index < live.Count; index++)
        {
            // The last column remains empty: some terminals wrap when it is written.
            live[index].AppendTo(text, terminal.Width - 1, terminal.HasColors);
            text.Append(index < live.Count - 1 ? "\n" : string.Empty);
        }

        return text;
    }

    private void Write(StringBuilder text)
    {
        terminal.Writer.Write(text);
        terminal.Writer.Flush();
    }
}
