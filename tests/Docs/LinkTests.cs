using System.Text.RegularExpressions;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Checks that links have targets, and that pages are linked.</summary>
[TestClass]
public sealed partial class LinkTests
{
    // Sites that pages may link, with the number of segments that an address has at least: an owner and a repository, or an article.
    private static readonly Dictionary<string, int> Sites = new(StringComparer.Ordinal)
    {
        ["arxiv.org"] = 2,
        ["github.com"] = 2,
        ["keepachangelog.com"] = 1,
    };

    private static readonly Dictionary<string, Page> ByPath = Tree.Pages.ToDictionary(page => page.FullPath, StringComparer.Ordinal);

    [TestMethod]
    public void Pages_EveryRelativeLink_HasATarget()
    {
        var links = Tree.Pages.SelectMany(page => page.Links, (page, link) => (Page: page, link.Line, link.Target))
            .Where(link => !link.Target.Contains("://", StringComparison.Ordinal)).ToList();

        var broken = links.Where(link => !Exists(link.Page, link.Target))
            .Select(link => $"{link.Page.Name}:{link.Line}: {link.Target}")
            .ToList();

        Assert.IsGreaterThan(20, links.Count);
        Assert.IsEmpty(broken, "Links without a target:\n" + string.Join('\n', broken));
    }

    [TestMethod]
    public void Pages_EveryPathOfTheTree_Exists()
    {
        var paths = Tree.Pages.SelectMany(page => File.ReadLines(page.FullPath), (page, line) => (page.Name, Line: line))
            .SelectMany(line => PathOfTheTree().Matches(line.Line), (line, match) => (line.Name, Path: match.Value.TrimEnd('.', '/')))
            .Where(path => path.Path != "samples/NAME").ToList();

        Assert.IsGreaterThan(20, paths.Count);
        Assert.IsEmpty(paths.Where(path => !Path.Exists(Tree.At(path.Path))), "Pages name files or folders that do not exist.");
    }

    /// <summary>External links are not opened: their form and their site are checked.</summary>
    [TestMethod]
    public void Pages_EveryExternalLink_IsWellFormedAndOfAKnownSite()
    {
        var files = Tree.Pages.Select(page => page.FullPath).Concat([Tree.At("CHANGELOG.md"), Tree.At("SECURITY.md")]);
        var links = files.SelectMany(File.ReadLines).SelectMany(line => External().Matches(line)).Select(match => match.Value).ToList();

        Assert.IsGreaterThan(4, links.Count);
        Assert.IsEmpty(links.Where(link => !IsKnown(link)), "Correct the address, or add its site to the list of this test.");
    }

    [TestMethod]
    [DataRow("https://github.com/dotnet/TorchSharp", true)]
    [DataRow("https://github.com/dotnet", false)]
    [DataRow("http://github.com/dotnet/TorchSharp", false)]
    [DataRow("https://githb.com/dotnet/TorchSharp", false)]
    [DataRow("https://github.com/dotnet/TorchSharp.", false)]
    public void IsKnown_Address_NeedsTheFormAndTheSite(string link, bool known) => Assert.AreEqual(known, IsKnown(link));

    [TestMethod]
    public void TableOfContents_OfTheSite_HasEveryPage()
    {
        var contents = File.ReadAllText(Tree.At("docs", "toc.yml"));
        var pages = Tree.Files("docs", ".md").Select(path => Path.GetRelativePath(Tree.At("docs"), path))
            .Where(page => page != "README.md" && !page.StartsWith("decisions/0", StringComparison.Ordinal));

        Assert.IsEmpty(
            pages.Where(page => !contents.Contains($"href: {page} ", StringComparison.Ordinal)), "docs/toc.yml lacks these pages.");
    }

    [TestMethod]
    public void Docs_EveryPage_IsLinkedFromTheIndex()
    {
        var linked = ByPath[Tree.At("docs", "README.md")].Links.Select(
            link => Path.GetFullPath(Tree.At("docs", link.Target.Split('#')[0]))).ToHashSet(StringComparer.Ordinal);
        linked.UnionWith(
            ByPath[Tree.At("docs", "decisions", "README.md")].Links.Select(
                link => Path.GetFullPath(Tree.At("docs", "decisions", link.Target))));

        var pages = Tree.Files("docs", ".md").Where(path => path != Tree.At("docs", "README.md"));

        Assert.IsEmpty(
            pages.Where(page => !linked.Contains(page)), "docs/README.md (or docs/decisions/README.md) does not link these pages.");
    }

    [TestMethod]
    public void Readme_EveryPageOfDocs_IsLinked()
    {
        var linked = ByPath[Tree.At("README.md")].Links.Select(link => link.Target.Split('#')[0]).ToHashSet(StringComparer.Ordinal);
        var pages = Directory.GetFiles(Tree.At("docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}");

        Assert.IsEmpty(pages.Where(page => !linked.Contains(page)), "README.md does not link these pages.");
    }

    private static bool IsKnown(string link) =>
        Uri.TryCreate(link, UriKind.Absolute, out var address)
        && address.Scheme == Uri.UriSchemeHttps
        && !link.EndsWith('.')
        && Sites.TryGetValue(address.Host, out var segments)
        && address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Length >= segments;

    private static bool Exists(Page page, string target)
    {
        var (file, anchor) = target.Split('#') is [var left, var right] ? (left, right) : (target, null);
        var path = file.Length == 0
            ? page.FullPath
            : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.FullPath)!, file.TrimEnd('/')));
        return anchor is null ? Path.Exists(path) : ByPath.TryGetValue(path, out var there) && there.Anchors.Contains(anchor);
    }

    [GeneratedRegex(
        @"(?<![\w./-])(src|tests|eng|bench|samples|docs)/[\w./-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex PathOfTheTree();

    /// <summary>Addresses outside of the machine and of examples for a storage account.</summary>
    [GeneratedRegex(@"https?://(?!localhost|127\.0\.0\.1|account\.)[^\s)>""`]+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex External();
}
