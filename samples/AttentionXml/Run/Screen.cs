using Fulgurite.Callbacks;

namespace AttentionXml.Run;

/// <summary>Where the user reads.</summary>
/// <param name="Output">Progress and results.</param>
/// <param name="Error">Why the program failed.</param>
/// <param name="Columns">The width of the terminal; null where there is none, so that nothing is redrawn in place.</param>
internal sealed record Screen(TextWriter Output, TextWriter Error, int? Columns)
{
    /// <summary>The console of this process.</summary>
    public static Screen Console { get; } = new(
        System.Console.Out,
        System.Console.Error,
        System.Console.IsOutputRedirected || System.Console.WindowWidth < 20 ? null : System.Console.WindowWidth);

    /// <summary>Shows a run while it goes on.</summary>
    public Callback Progress() =>
        new ProgressLine(Output, Columns is { } columns ? new ProgressLineOptions { Interactive = true, Width = columns } : null);
}
