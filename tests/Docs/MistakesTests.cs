using System.Text.RegularExpressions;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>docs/mistakes.md: each message is in the source, and each test exists.</summary>
[TestClass]
public sealed partial class MistakesTests
{
    [TestMethod]
    public void Page_EveryRow_HasItsMessageInTheSourceAndItsTest()
    {
        var rows = File.ReadLines(Tree.At("docs", "mistakes.md")).Select(line => RowPattern().Match(line)).Where(match => match.Success)
            .ToList();
        var source = Concatenation().Replace(string.Concat(Tree.Files("src", ".cs").Select(File.ReadAllText)), string.Empty);
        var tests = Tree.Files("tests", ".cs").ToLookup(path => Path.GetFileNameWithoutExtension(path), StringComparer.Ordinal);

        var wrong = new List<string>();
        foreach (var row in rows)
        {
            if (row.Groups["message"].Value is { Length: > 0 } message && !source.Contains(message, StringComparison.Ordinal))
            {
                wrong.Add($"No message in src has '{message}'.");
            }

            if (!tests[row.Groups["class"].Value].Any(
                path => File.ReadAllText(path).Contains($" {row.Groups["test"].Value}(", StringComparison.Ordinal)))
            {
                wrong.Add($"There is no test {row.Groups["class"].Value}.{row.Groups["test"].Value}.");
            }
        }

        Assert.HasCount(30, rows);
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    [GeneratedRegex(
        @"^\| .+ \| (refused|warned|made right) \| (`(?<message>[^`]+)`|none) \| `(?<class>\w+)\.(?<test>\w+)` \|$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RowPattern();

    /// <summary>Between the parts of a message that is written on several lines.</summary>
    [GeneratedRegex(@"""\s*\+ \$?""", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Concatenation();
}
