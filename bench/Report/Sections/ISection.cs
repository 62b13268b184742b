namespace Fulgurite.Bench.Report.Sections;

/// <summary>One place of the page.</summary>
internal interface ISection
{
    /// <summary>The name in its markers.</summary>
    string Name { get; }

    /// <summary>The file of its plot in docs/images; null if it has none.</summary>
    string? PlotName => null;

    /// <summary>The tables; null if nothing of it was measured.</summary>
    string? ToMarkdown(KeptResults results);

    /// <summary>The plot; null if nothing of it was measured.</summary>
    string? ToPlot(KeptResults results) => null;
}
