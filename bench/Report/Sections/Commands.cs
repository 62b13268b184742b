namespace Fulgurite.Bench.Report.Sections;

/// <summary>Tells how to measure again.</summary>
internal static class Commands
{
    /// <summary>The commands of some measurements, as code.</summary>
    public static string Of(IEnumerable<KeptRun> runs) => $"```\n{string.Join('\n', runs.Select(run => run.Line))}\n```\n";

    /// <summary>A picture.</summary>
    public static string Picture(string plot, string description) => $"![{description}](images/{plot})\n\n";
}
