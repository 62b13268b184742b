namespace Fulgurite.Tests.Hosting.Documentation;

/// <summary>Holds docs/composition.md to code that is compiled and run.</summary>
[TestClass]
public sealed class DocumentationTests
{
    private const string Fence = "```";

    [TestMethod]
    public void Composition_EveryBlockOfCode_IsCompiledAndRun()
    {
        var compiled = Lines(File.ReadAllText(Path.Combine(Root(), "tests", "Hosting", "Documentation", "CompositionSnippets.cs")));
        var blocks = Blocks("csharp").ToList();

        Assert.IsGreaterThan(5, blocks.Count);
        foreach (var block in blocks)
        {
            var lines = Lines(block);
            Assert.IsTrue(
                Enumerable.Range(0, compiled.Count).Any(start => lines.SequenceEqual(compiled.Skip(start).Take(lines.Count))),
                "This block of docs/composition.md is not in CompositionSnippets.cs:\n" + block);
        }
    }

    internal static IEnumerable<string> Blocks(string language)
    {
        List<string> block = [];
        string? current = null;
        foreach (var line in File.ReadLines(Path.Combine(Root(), "docs", "composition.md")))
        {
            if (current is null && line.StartsWith(Fence, StringComparison.Ordinal))
            {
                current = line[Fence.Length..];
            }
            else if (line == Fence)
            {
                if (current == language)
                {
                    yield return string.Join('\n', block);
                }

                block.Clear();
                current = null;
            }
            else if (current is not null)
            {
                block.Add(line);
            }
        }
    }

    private static List<string> Lines(string text) =>
        [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Framework.sln above the tests.");
        }

        return folder.FullName;
    }
}
