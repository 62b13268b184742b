namespace Fulgurite.Tests.Docs.Pages;

/// <summary>The source tree of the tests.</summary>
internal static class Tree
{
    private static readonly HashSet<string> NotSource = ["artifacts", "bin", "obj", ".git", ".data", "runs"];

    /// <summary>Gets its root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Gets all pages: README.md, docs, and the READMEs of samples.</summary>
    public static IReadOnlyList<Page> Pages { get; } =
        [new(At("README.md")), .. Files("docs", ".md").Concat(Files("samples", ".md")).Select(path => new Page(path))];

    /// <summary>Returns a path below the root.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Returns the files below a folder with a suffix, in order, without build output.</summary>
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
