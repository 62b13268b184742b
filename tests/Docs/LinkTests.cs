using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Checks that links have targets, and that pages are linked.</summary>
[TestClass]
public sealed class LinkTests
{
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

    private static bool Exists(Page page, string target)
    {
        var (file, anchor) = target.Split('#') is [var left, var right] ? (left, right) : (target, null);
        var path = file.Length == 0
            ? page.FullPath
            : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.FullPath)!, file.TrimEnd('/')));
        return anchor is null ? Path.Exists(path) : ByPath.TryGetValue(path, out var there) && there.Anchors.Contains(anchor);
    }
}
