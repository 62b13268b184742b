using System.Text.RegularExpressions;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Commands;

/// <summary>Compares the command lines of every page with the help of the scripts and programs.</summary>
[TestClass]
public sealed partial class CommandTests
{
    [TestMethod]
    [Timeout(240000)]
    public void Pages_EveryCommand_AndItsOptionsExist()
    {
        var commands = Tree.Pages.SelectMany(page => page.Blocks)
            .Where(block => block.Language is "" or "bash" or "text")
            .SelectMany(Commands)
            .Concat(Tree.Pages.SelectMany(Inline)).ToList();

        var wrong = commands.Select(command => (command.Place, Problem: Problem(command.Words))).Where(found => found.Problem is not null)
            .Select(found => $"{found.Place}: {found.Problem}").ToList();

        Assert.IsGreaterThan(20, commands.Count);
        Assert.IsEmpty(wrong, "Invalid commands in pages:\n" + string.Join('\n', wrong));
    }

    [TestMethod]
    [DataRow("./run.sh --resume", true)]
    [DataRow("./run.sh --resumee", false)]
    [DataRow("dotnet run --project samples/Shapes -- --MaxEpochs=12", true)]
    [DataRow("dotnet run --project samples/Missing", false)]
    [DataRow("./run.sh --sample AttentionXml", true)]
    [DataRow("./run.sh --sample Missing", false)]
    [DataRow("./test.sh --slow", true)]
    [DataRow("./test.sh --quick", false)]
    [DataRow("./docs.sh --serve", true)]
    [DataRow("./docs.sh --watch", false)]
    [DataRow("./bench.sh stall --peers", true)]
    [DataRow("./bench.sh stalls", false)]
    [DataRow("fulgurite inspect last.ckpt --json", true)]
    [DataRow("fulgurite look last.ckpt", false)]
    [DataRow("fulgurite inspect last.ckpt --everything", false)]
    public void Problem_UnknownCommandOrOption_IsReported(string command, bool exists) =>
        Assert.AreEqual(exists, Problem(command.Split(' ')) is null);

    // Handles trailing comments, prompts and continued lines of a shell.
    private static IEnumerable<(string Place, string[] Words)> Commands(Block block)
    {
        var text = block.Text.Replace("\\\n", " ", StringComparison.Ordinal);
        return text.Split('\n').SelectMany(line => Comment().Replace(line, string.Empty).Split("&&"))
            .Select(line => (block.Place, line.Trim().TrimStart('$').Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .Where(command => IsOurs(command.Item2));
    }

    private static IEnumerable<(string Place, string[] Words)> Inline(Page page) =>
        File.ReadAllLines(page.FullPath)
            .SelectMany(
                (line, number) => CodeSpan()
                    .Matches(line)
                    .Select(
                        span => ($"{page.Name}:{number + 1}", span.Groups["code"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))))
            .Where(command => IsOurs(command.Item2));

    private static bool IsOurs(string[] words) =>
        words is [var program, ..]
            && (
                words is ["dotnet", "run", "--project", ..]
                || program is "fulgurite" or "./run.sh" or "./test.sh" or "./bench.sh" or "./docs.sh" or "run.sh" or "test.sh" or "bench.sh"
                    or "docs.sh");

    private static string? Problem(string[] words) => words[0].TrimStart('.', '/') switch
    {
        "dotnet" => Directory.Exists(Tree.At(words[3])) || words[3] == "samples/NAME" ? null : $"there is no project '{words[3]}'.",
        "run.sh" when words is [_, "--sample", var sample, ..] =>
            sample == "NAME" || Directory.Exists(Tree.At("samples", sample)) ? null : $"there is no sample '{sample}'.",
        "run.sh" => Help.Of("AttentionXml").Problem(words),
        "bench.sh" => Help.Of("Fulgurite.Bench").Problem(words),
        "fulgurite" => Help.Of("Fulgurite.Cli").Problem(words),
        "docs.sh" => Help.OfScript("docs.sh").Problem(words),
        _ => Help.OfScript("test.sh").Problem(words),
    };

    [GeneratedRegex(@"(^|\s)#.*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Comment();

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeSpan();
}
