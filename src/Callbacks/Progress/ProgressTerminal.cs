namespace Fulgurite.Callbacks;

/// <summary>Where a <see cref="ProgressView"/> draws, and what is known of that.</summary>
/// <param name="writer">Where to.</param>
/// <param name="isInteractive">Whether lines can be drawn over; else lines are added now and then.</param>
/// <param name="hasColors">Whether there may be colours.</param>
/// <param name="width">How many columns there are, asked for at every drawing, since a window may change; null for 80.</param>
public sealed class ProgressTerminal(TextWriter writer, bool isInteractive = false, bool hasColors = false, Func<int>? width = null)
{
    private const int DefaultWidth = 80;

    /// <summary>Where to.</summary>
    public TextWriter Writer { get; } = writer;

    /// <summary>Whether lines can be drawn over.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Whether there may be colours.</summary>
    public bool HasColors { get; } = hasColors;

    /// <summary>How many columns there are now.</summary>
    public int Width => Math.Max(width?.Invoke() ?? DefaultWidth, 20);

    /// <summary>
    /// The error stream of this process, so that results on the output stream stay clean. It is interactive if it is a terminal that is
    /// not <c>TERM=dumb</c>; there are no colours where <c>NO_COLOR</c> is set.
    /// </summary>
    public static ProgressTerminal OfProcess()
    {
        var isInteractive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new ProgressTerminal(
            Console.Error,
            isInteractive,
            isInteractive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Columns);
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : DefaultWidth;
        }
        catch (IOException)
        {
            return DefaultWidth; // A terminal that does not say.
        }
    }
}
