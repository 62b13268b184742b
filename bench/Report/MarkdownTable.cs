using System.Text;

namespace Fulgurite.Bench.Report;

/// <summary>A table of Markdown.</summary>
/// <param name="header">The names of its columns.</param>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells)
    {
        if (cells.Length != header.Length)
        {
            throw new ArgumentException($"The table has {header.Length} columns and the row {cells.Length}.", nameof(cells));
        }

        _rows.Add(cells);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var row in _rows.Prepend([.. header.Select(_ => "---")]).Prepend(header))
        {
            text.Append("| ").AppendJoin(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
        }

        return text.ToString();
    }
}
