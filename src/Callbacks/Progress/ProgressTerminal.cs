using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>The output of a <see cref="ProgressView"/> and its capabilities.</summary>
/// <param name="writer">The writer.</param>
/// <param name="isInteractive">True if lines can be redrawn in place; otherwise, lines are appended.</param>
/// <param name="hasColors">True if colours are supported.</param>
/// <param name="width">Returns the number of columns; called for every redraw, because a window may be resized; null for 80.</param>
public sealed class ProgressTerminal(TextWriter writer, bool isInteractive = false, bool hasColors = false, Func<int>? width = null)
{
    private const int DefaultWidth = 80;

    /// <summary>Gets the writer.</summary>
    public TextWriter Writer { get; } = writer;

    /// <summary>Gets a value indicating whether lines can be redrawn in place.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Gets a value indicating whether colours are supported.</summary>
    public bool HasColors { get; } = hasColors;

    /// <summary>Whether the error stream of the console is on this terminal, so that its output must appear above the live lines.</summary>
    internal bool SharesError { get; init; }

    /// <summary>Whether the output stream of the console is on this terminal.</summary>
    internal bool SharesOutput { get; init; }

    /// <summary>Gets the current number of columns.</summary>
    public int Width => Math.Max(width?.Invoke() ?? DefaultWidth, 20);

    /// <summary>
    /// Returns the standard error stream of this process, which keeps standard output free for results. It is interactive if it is a
    /// terminal other than <c>TERM=dumb</c>; <c>NO_COLOR</c> disables colours.
    /// </summary>
    public static ProgressTerminal OfProcess()
    {
        ShareConsole();
        return new ProgressTerminal(
            SharedConsole.Error?.Original ?? Console.Error,
            IsTerminal,
            IsTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Columns)
        {
            SharesError = IsTerminal,
            SharesOutput = IsTerminal && !Console.IsOutputRedirected,
        };
    }

    /// <summary>
    /// Prepares the streams of the console on a terminal, so that log providers that are created from now on write above the live lines of
    /// a view. <c>AddTrainer</c> calls it; call it first if the program creates a logger factory before that. Further calls do nothing.
    /// </summary>
    public static void ShareConsole() => SharedConsole.Share(IsTerminal, IsTerminal && !Console.IsOutputRedirected);

    private static bool IsTerminal => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : DefaultWidth;
        }
        catch (IOException)
        {
            return DefaultWidth; // The terminal does not report its width.
        }
    }
}

/// <summary>Options of <see cref="ProgressView"/>.</summary>
public sealed class ProgressViewOptions
{
    /// <summary>Gets or sets a value indicating whether all output is disabled.</summary>
    /// <value>The default is false.</value>
    public bool Quiet { get; set; }

    /// <summary>Gets or sets the metrics to show, in order; null for those logged with <c>progressBar: true</c>.</summary>
    /// <value>The default is null.</value>
    public IList<string>? Metrics { get; set; }

    /// <summary>Gets or sets a value indicating whether a table of the submodules is shown when a fit begins.</summary>
    /// <value>The default is true.</value>
    public bool ShowModel { get; set; } = true;

    /// <summary>Gets or sets the number of levels of that table; -1 for all.</summary>
    /// <value>The default is 1.</value>
    [Range(-1, 1000)]
    public int ModelDepth { get; set; } = 1;

    /// <summary>
    /// Gets or sets a value indicating whether a summary is shown at the end: steps, time, best checkpoint, cost of checkpoints.
    /// </summary>
    /// <value>The default is true.</value>
    public bool ShowSummary { get; set; } = true;

    /// <summary>Gets or sets the minimum time between two redraws.</summary>
    /// <value>The default is 100 ms.</value>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets the minimum time between two appended lines within an epoch if lines cannot be redrawn.</summary>
    /// <value>The default is 10 s.</value>
    public TimeSpan LineInterval { get; set; } = TimeSpan.FromSeconds(10);
}
