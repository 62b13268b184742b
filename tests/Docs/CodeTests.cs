using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Checks that the C# code of every page is part of a compiled file.</summary>
/// <remarks>
/// A block must occur, line by line, in one file; blank lines, indentation and directives of file-based programs (<c>#:</c>) are ignored. A
/// line <c>// ...</c> in it stands for omitted lines.
/// </remarks>
[TestClass]
public sealed class CodeTests
{
    private const string LeftOut = "// ...";

    // The folders compiled by the solution.
    private static readonly string[] Folders = ["tests", "samples", "src", "eng"];

    private static readonly Lazy<IReadOnlyList<List<string>>> Files = new(() =>
        [.. Folders.SelectMany(folder => Tree.Files(folder, ".cs")).Select(path => Compiled(File.ReadAllLines(path)))]);

    [TestMethod]
    public void Pages_EveryBlockOfCSharp_IsCompiled()
    {
        var blocks = Tree.Pages.SelectMany(page => page.Blocks).Where(block => block.Language == "csharp").ToList();

        var missing = blocks.Where(block => !IsCompiled(block.Lines)).Select(block => $"{block.Place}: {FirstMissing(block)}").ToList();

        Assert.IsGreaterThan(20, blocks.Count);
        Assert.IsEmpty(
            missing,
            "Code in pages that is not part of a compiled file. Add it unchanged to tests/Docs/Snippets, and run it there:\n"
                + string.Join('\n', missing));
    }

    [TestMethod]
    public void Pages_CSharp_IsMarkedAsSuch()
    {
        var unmarked = Tree.Pages.SelectMany(page => page.Blocks)
            .Where(block => block.Language is "" or "text" && block.Lines.Any(line => line.TrimEnd().EndsWith(';')))
            .Select(block => block.Place);

        Assert.IsEmpty(
            unmarked, "Blocks that look like C# without the mark ```csharp, which are not compiled: " + string.Join(", ", unmarked));
    }

    [TestMethod]
    [DataRow("var a = 1;", true)]
    [DataRow("    var a = 1;\n\n// ...\n  var c = 3;", true)]
    [DataRow("#:package Fulgurite@1.0.0\nvar a = 1;", true)]
    [DataRow("var a = 1;\nvar c = 3;", false)]
    [DataRow("var c = 3;\n// ...\nvar a = 1;", false)]
    [DataRow("var d = 4;", false)]
    [DataRow("var e = 5;", false)]
    public void Match_Block_IsFoundInOrderOutsideComments(string block, bool found)
    {
        var file = Compiled(
            ["  var a = 1;", "var b = 2;", "", "var c = 3;", "/*", "var d = 4;", "*/", "#if NEVER", "var e = 5;", "#endif"]);

        Assert.AreEqual(found, Match(Pieces(block.Split('\n')), file));
    }

    private static bool IsCompiled(IEnumerable<string> block) =>
        Pieces(block) is { Count: > 0 } pieces && Files.Value.Any(file => Match(pieces, file));

    // Reports the first line after the longest prefix of the block that occurs in a file.
    private static string FirstMissing(Block block)
    {
        var count = Enumerable.Range(1, block.Lines.Count).TakeWhile(
            length => Pieces(block.Lines.Take(length)).Count == 0 || IsCompiled(block.Lines.Take(length))).Count();
        return $"no file continues with line {block.Line + count}: {block.Lines.ElementAtOrDefault(count)?.Trim()}";
    }

    private static bool Match(List<List<string>> pieces, List<string> file)
    {
        var from = 0;
        foreach (var piece in pieces)
        {
            var start = Enumerable.Range(from, Math.Max(0, file.Count - from)).FirstOrDefault(
                start => file.Skip(start).Take(piece.Count).SequenceEqual(piece, StringComparer.Ordinal), -1);
            if (start < 0)
            {
                return false;
            }

            from = start + piece.Count;
        }

        return true;
    }

    private static List<List<string>> Pieces(IEnumerable<string> block)
    {
        List<List<string>> pieces = [[]];
        foreach (var line in Trimmed(block))
        {
            if (line == LeftOut)
            {
                pieces.Add([]);
            }
            else
            {
                pieces[^1].Add(line);
            }
        }

        return [.. pieces.Where(piece => piece.Count > 0)];
    }

    private static IEnumerable<string> Trimmed(IEnumerable<string> lines) =>
        lines.Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith("#:", StringComparison.Ordinal));

    // Without multi-line comments, and without lines between #if and #endif.
    private static List<string> Compiled(IEnumerable<string> lines)
    {
        List<string> compiled = [];
        string? end = null;
        foreach (var line in Trimmed(lines))
        {
            if (end is null)
            {
                end = line.StartsWith("/*", StringComparison.Ordinal) ? "*/" : line.StartsWith(
                    "#if", StringComparison.Ordinal) ? "#endif" : null;
                if (end is null)
                {
                    compiled.Add(line);
                }
            }

            end = end is not null && line.Contains(end, StringComparison.Ordinal) ? null : end;
        }

        return compiled;
    }
}
