using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>A place with one table: a row for each line of its measurements, and their commands.</summary>
/// <param name="name">The name in the markers, and of the measurements.</param>
/// <param name="columns">From left to right.</param>
internal sealed class TableSection(string name, params IReadOnlyList<Column> columns) : ISection
{
    public string Name => name;

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named(name);
        var table = new MarkdownTable([.. columns.Select(column => column.Title)]);
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add([.. columns.Select(column => column.Cell(line))]);
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}

/// <summary>A column of such a table.</summary>
/// <param name="Title">What it contains.</param>
/// <param name="Cell">Returns the text of a line.</param>
internal sealed record Column(string Title, Func<JsonObject, string> Cell)
{
    /// <summary>Creates a column of the numbers of a field.</summary>
    public Column(string title, string field)
        : this(title, line => line.Show(field))
    {
    }

    /// <summary>Creates a column of intervals, the bounds of which are in two fields.</summary>
    public static Column Between(string field) =>
        new("95 % between", line => $"{line.Show(field + "_low")} and {line.Show(field + "_high")}");
}
