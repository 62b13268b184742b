using System.Text.RegularExpressions;

namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>The two walks in docs/architecture.md are the calls of a real save and a real load.</summary>
[TestClass]
public sealed partial class WalkTests
{
    [TestMethod]
    public void Save_OfATraining_MakesTheCallsOfTheDocumentation() => Compare(
        "### A save",
        nameof(RecordedWalk.Save),
        ("ModelCheckpoint.OnTrainEpochEnd", "SnapshotCapturer.Make"),
        ("WriterThread.RunNext", "TorchWriter.Write"),
        ("WriterThread.RunNext", "LocalFileTarget.Rename"));

    [TestMethod]
    public void Load_OfATraining_MakesTheCallsOfTheDocumentation() => Compare(
        "### A load",
        nameof(RecordedWalk.Load),
        ("FitRun.Load", "ZipDirectoryReader.Read"),
        ("FitRun.Load", "PickleMachine.Run"),
        ("FitRun.Load", "SmallReads.ReadTogether"));

    private static void Compare(string heading, string method, params (string First, string Last)[] parts)
    {
        using var directory = new TemporaryDirectory();
        var stacks = RecordedWalk.InCopy(method, directory.Path);
        List<string> walk = [];
        List<string> before = [];
        foreach (var (first, last) in parts)
        {
            var stack = stacks.FirstOrDefault(stack => stack.Contains(first) && stack.SkipWhile(call => call != first).Contains(last))
                ?? throw new AssertFailedException($"No call of {last} within {first} was recorded.");
            var part = stack.SkipWhile(call => call != first).TakeWhile(call => call != last).Append(last).ToList();
            walk.AddRange(part.Skip(part.Zip(before).TakeWhile(pair => pair.First == pair.Second).Count()));
            before = part;
        }

        var documented = Documented(heading);
        var recorded = string.Join('\n', walk.Select((call, index) => $"{index + 1}. `{call}`"));
        Assert.IsTrue(
            walk.SequenceEqual(documented, StringComparer.Ordinal),
            $"docs/architecture.md lists {documented.Count} calls under '{heading}'; recorded were:\n{recorded}");
    }

    private static List<string> Documented(string heading)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent!;
        }

        return [.. File.ReadLines(Path.Combine(folder.FullName, "docs", "architecture.md"))
            .SkipWhile(line => line != heading)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Select(line => Call().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups["call"].Value)];
    }

    [GeneratedRegex(@"^\d+\. `(?<call>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Call();
}
