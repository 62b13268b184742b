namespace Fulgurite.Bench.Report.Sections;

/// <summary>Tells how to measure again.</summary>
internal static class Commands
{
    /// <summary>The commands of some measurements, as code, with the version of those that an earlier run has measured.</summary>
    public static string Of(IEnumerable<KeptRun> runs) => $"```\n{string.Join('\n', runs.Select(Of))}\n```\n";

    /// <summary>A picture.</summary>
    public static string Picture(string plot, string description) => $"![{description}](images/{plot})\n\n";

    private static string Of(KeptRun run) =>
        run.Line + (run.EarlierVersion is null ? string.Empty : $"    # measured with {run.EarlierVersion}");
}
