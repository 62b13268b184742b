namespace Fulgurite.Tests.Docs.Pages;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Tree
{
    private static readonly HashSet<string> NotSource = ["artifacts", "bin", "obj", ".git", ".data", "runs"];

    /// <summary>Its root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every page: README.md, docs, and the READMEs of samples.</summary>
    public static IReadOnlyList<Page> Pages { get; } =
        [new(At("README.md")), .. Files("docs", ".md").Concat(Files("samples", ".md")).Select(path => new Page(path))];

    /// <summary>A path below the root.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The files below a folder whose names end like this, in order, without what is built.</summary>
    public static IEnumerable<string> Files(string folder, string ending) => Walk(At(folder), ending);

    private static IEnumerable<string> Walk(string folder, string ending) =>
        Directory.GetFiles(folder).Where(path => path.EndsWith(ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Concat(
                Directory.GetDirectories(folder)
                    .Where(path => !NotSource.Contains(Path.GetFileName(path)))
                    .Order(StringComparer.Ordinal)
                    .SelectMany(path => Walk(path, ending)));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Framework.sln above the tests.");
        }

        return folder.FullName;
    }
}
