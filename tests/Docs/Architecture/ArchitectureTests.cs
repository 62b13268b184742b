using System.Text.RegularExpressions;
using Fulgurite.Callbacks;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Architecture;

/// <summary>The direction of references between the folders of each project, as docs/architecture.md states it.</summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private static readonly string[] FileSystem =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.RandomAccess",
        "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo",
    ];

    private static readonly Dictionary<string, string> Assemblies = new(StringComparer.Ordinal)
    {
        ["src/Core"] = "Fulgurite.Core",
        ["src/IO"] = "Fulgurite.IO",
        ["src/Callbacks"] = "Fulgurite.Callbacks",
        ["src/Strategies"] = "Fulgurite.Strategies",
        ["src/Data"] = "Fulgurite.Data",
        ["src/Metrics"] = "Fulgurite.Metrics",
        ["src/Loggers"] = "Fulgurite.Loggers",
        ["src/Hosting"] = "Fulgurite",
        ["src/Cli"] = "Fulgurite.Cli",
        ["src/Testing"] = "Fulgurite.Testing",
    };

    public static IEnumerable<object[]> Projects => Assemblies.Keys.Select(project => new object[] { project });

    [TestMethod]
    [DynamicData(nameof(Projects))]
    public void Folders_OfAProject_ReferOneWay(string project)
    {
        var row = File.ReadLines(Tree.At("docs", "architecture.md"))
            .SkipWhile(line => line != "| project | order |")
            .First(line => line.StartsWith($"| `{project}` | ", StringComparison.Ordinal));
        var violations = FolderOrder.Parse(row.Split('|')[2]).Violations(References(project));
        Assert.IsEmpty(violations, $"References against the order in docs/architecture.md:\n{string.Join('\n', violations)}");
    }

    /// <summary>The limit of .editorconfig, which no tool enforces; the content of raw string literals may be wider.</summary>
    [TestMethod]
    [DataRow("bench")]
    [DataRow("eng")]
    [DataRow("samples")]
    [DataRow("src")]
    [DataRow("tests")]
    public void Lines_OfAllSources_FitIn140Columns(string folder)
    {
        var files = Tree.Files(folder, ".cs").ToList();
        var wide = files.SelectMany(file => WideLines(File.ReadLines(file)).Select(number => $"{file}:{number}")).ToList();
        Assert.IsNotEmpty(files);
        Assert.IsEmpty(wide, "Lines of more than 140 columns:\n" + string.Join('\n', wide));
    }

    [TestMethod]
    public void WideLines_OutsideOfRawStrings_AreFound()
    {
        var wide = new string('a', 141);
        string[] lines = ["var text = \"\"\"", wide, "\"\"\";", wide[1..], wide, "Parse(\"\"\"{ }\"\"\");", wide];

        Assert.AreSequenceEqual([5, 7], WideLines(lines));
    }

    /// <summary>An event ID identifies one log message, so that a filter for it finds nothing else.</summary>
    [TestMethod]
    public void LogMessages_OfAllProjects_HaveDistinctEventIds()
    {
        var messages = Directory.EnumerateFiles(Tree.At("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => EventId().Matches(File.ReadAllText(file))
                .Select(match => (Id: match.Groups["id"].Value, File: Path.GetFileName(file))))
            .ToList();
        var shared = messages.GroupBy(message => message.Id, StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(message => message.File))}");
        Assert.IsGreaterThan(40, messages.Count);
        Assert.IsEmpty(shared, "Event IDs of several messages:\n" + string.Join('\n', shared));
    }

    /// <summary>
    /// Checkpoints are files of a storage. Only the claims of names and the export <see cref="ModelCheckpoint.ToYaml"/> open files.
    /// </summary>
    [TestMethod]
    public void CoreAndCallbacks_OutsideOfClaims_OpenNoFiles()
    {
        var found = References("src/Core").Where(reference => reference.FromFolder != "Claims")
            .Concat(References("src/Callbacks"))
            .Where(reference => FileSystem.Contains(reference.To, StringComparer.Ordinal) && reference.From != nameof(ModelCheckpoint))
            .Select(reference => $"{reference.FromFolder}/{reference.From} uses {reference.To}")
            .ToList();
        Assert.IsEmpty(found, string.Join('\n', found));
    }

    private static IEnumerable<int> WideLines(IEnumerable<string> lines)
    {
        var isInside = false;
        foreach (var (index, line) in lines.Index())
        {
            var wasInside = isInside;
            isInside ^= RawQuotes().Count(line) % 2 == 1;
            if (line.Length > 140 && !(wasInside && isInside))
            {
                yield return index + 1;
            }
        }
    }

    private static IReadOnlyCollection<CompiledReference> References(string project) =>
        CompiledReferences.Of(Path.Combine(AppContext.BaseDirectory, Assemblies[project] + ".dll"), project);

    [GeneratedRegex(@"LoggerMessage\(\s*(?<id>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex EventId();

    [GeneratedRegex("\"{3,}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex RawQuotes();
}
