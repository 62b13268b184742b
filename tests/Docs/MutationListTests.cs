using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>eng/mutations.tsv, of which eng/mutate.sh makes the changes.</summary>
[TestClass]
public sealed class MutationListTests
{
    [TestMethod]
    public void Rows_EveryLine_IsInItsSource()
    {
        var rows = File.ReadLines(Tree.At("eng", "mutations.tsv")).Where(row => row.Length > 0 && row[0] != '#').ToList();

        Assert.IsNotEmpty(rows);
        Assert.IsEmpty(rows.Where(row => !Applies(row.Split('\t'))), "The source has changed: change the row too, or remove it.");
    }

    private static bool Applies(string[] cells) =>
        cells is [var path, _, _, var line, _]
        && File.Exists(Tree.At(path))
        && File.ReadAllText(Tree.At(path)).Contains(line, StringComparison.Ordinal);
}
