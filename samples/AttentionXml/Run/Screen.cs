using Fulgurite;
using Fulgurite.Callbacks;

namespace AttentionXml.Run;

/// <summary>The output of the program.</summary>
/// <param name="Output">The writer for progress and results.</param>
/// <param name="Error">The writer for errors.</param>
/// <param name="Columns">The width of the terminal; null without one, which disables redrawing in place.</param>
internal sealed record Screen(TextWriter Output, TextWriter Error, int? Columns)
{
    /// <summary>The console of this process. Of several processes that train together, only the first one reports progress.</summary>
    public static Screen Console { get; } = new(
        Launcher.Rank == 0 ? System.Console.Out : TextWriter.Null,
        System.Console.Error,
        System.Console.IsOutputRedirected || System.Console.WindowWidth < 20 ? null : System.Console.WindowWidth);

    /// <summary>Returns a callback that shows the progress of a run.</summary>
    public Callback Progress() =>
        new ProgressLine(Output, Columns is { } columns ? new ProgressLineOptions { Interactive = true, Width = columns } : null);
}
