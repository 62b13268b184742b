using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>A few lines at the bottom of a terminal that are drawn over, and lasting lines above them.</summary>
/// <remarks>One write for each drawing, so that it does not flicker. No line is longer than the terminal: one that wraps could not be drawn over.</remarks>
internal sealed class LiveBlock(ProgressTerminal terminal)
{
    private const string EraseToEnd = "\u001b[J";
    private int _height;

    /// <summary>Draws lines in place of those that were drawn before.</summary>
    public void Draw(IReadOnlyList<StyledLine> lines) => Draw([], lines);

    /// <summary>Adds permanent lines; the live lines disappear until the next redraw.</summary>
    public void Add(IReadOnlyList<StyledLine> lines) => Draw(lines, []);

    private void Draw(IReadOnlyList<StyledLine> lasting, IReadOnlyList<StyledLine> live)
    {
        var text = new StringBuilder();
        if (_height > 0)
        {
            text.Append('\r').Append(_height > 1 ? $"\u001b[{_height - 1}A" : string.Empty).Append(EraseToEnd);
        }

        foreach (var line in lasting)
        {
            line.AppendTo(text, terminal.IsInteractive && !line.Wraps ? terminal.Width : int.MaxValue, terminal.HasColors);
            text.Append('\n');
        }

        for (var index = 0; index < live.Count; index++)
        {
            // The last column remains empty: some terminals wrap when it is written.
            live[index].AppendTo(text, terminal.Width - 1, terminal.HasColors);
            text.Append(index < live.Count - 1 ? "\n" : string.Empty);
        }

        _height = live.Count;
        terminal.Writer.Write(text);
        terminal.Writer.Flush();
    }
}
