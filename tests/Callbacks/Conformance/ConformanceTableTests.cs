using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Holds docs/conformance.md to the tests: every behaviour in it has one that says so.</summary>
[TestClass]
public sealed partial class ConformanceTableTests
{
    [TestMethod]
    public void Table_EveryBehaviour_HasATestThatNamesIt()
    {
        var tests = TestsByBehaviour();
        var rows = Rows();

        Assert.IsGreaterThan(70, rows.Count);
        var missing = rows.Keys.Where(id => !tests.ContainsKey(id)).ToList();
        Assert.IsEmpty(missing, $"No test says [TestProperty(\"Behaviour\", ...)] for {string.Join(", ", missing)}");
    }

    [TestMethod]
    public void Table_EveryRow_HasANameOfItsOwn()
    {
        var names = File.ReadLines(Path.Combine(Root(), "docs", "conformance.md"))
            .Select(line => Row().Match(line))
            .Where(row => row.Success)
            .Select(row => row.Groups["name"].Value)
            .ToList();

        Assert.IsGreaterThan(70, names.Count);
        Assert.IsEmpty(names.Where(name => name.Length < 8 || name.StartsWith("The same", StringComparison.Ordinal)));
        Assert.IsEmpty(names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [TestMethod]
    public void Table_TheTestsThatItNames_AreThere()
    {
        var tests = TestsByBehaviour();
        foreach (var (id, names) in Rows())
        {
            foreach (var name in names)
            {
                Assert.IsTrue(
                    tests[id].Contains(name), $"{id}: {name} is no test of this behaviour. Its tests: {string.Join(", ", tests[id])}");
            }
        }
    }

    /// <summary>The names of tests by the behaviours that they say they show, read from the sources of all test projects.</summary>
    private static Dictionary<string, HashSet<string>> TestsByBehaviour()
    {
        var tests = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*.cs", SearchOption.AllDirectories))
        {
            List<string> ids = [];
            foreach (var line in File.ReadLines(file))
            {
                ids.AddRange(
                    Behaviour().Matches(line).SelectMany(match => match.Groups["ids"].Value.Split(',', StringSplitOptions.TrimEntries)));
                if (ids.Count > 0 && Method().Match(line) is { Success: true } method)
                {
                    foreach (var id in ids)
                    {
                        tests.TryAdd(id, []);
                        tests[id].Add(method.Groups["name"].Value);
                    }

                    ids = [];
                }
            }
        }

        return tests;
    }

    /// <summary>The rows of the tables: an identity, and the tests that its row names.</summary>
    private static Dictionary<string, string[]> Rows()
    {
        var rows = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(Root(), "docs", "conformance.md")))
        {
            if (Row().Match(line) is { Success: true } row)
            {
                rows.Add(
                    row.Groups["id"].Value, [.. Code().Matches(row.Groups["tests"].Value).Select(match => match.Groups["name"].Value)]);
            }
        }

        return rows;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Framework.sln above the tests.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("""TestProperty\("Behaviour", "(?<ids>[^"]+)"\)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Behaviour();

    [GeneratedRegex(@"public (async )?(void|Task) (?<name>\w+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Method();

    [GeneratedRegex(
        @"^\| (?<id>[A-Z]{2}[0-9]+) \| (?<name>[^|]*) \| (?<tests>[^|]*)\|", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
