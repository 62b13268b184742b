using Fulgurite.Bench.Report;

namespace Fulgurite.Tests.Bench;

/// <summary>A folder with a copy of docs/performance.md, as it is in the repository.</summary>
internal sealed class TemporaryDocs : IDisposable
{
    public TemporaryDocs() => File.Copy(RepositoryPage, PagePath);

    /// <summary>The page of the repository, copied beside the tests when they were built.</summary>
    public static string RepositoryPage { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "docs", PerformancePage.FileName);

    /// <summary>Lines as a run kept them.</summary>
    public static string Kept { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "kept");

    public string Path { get; } = Directory.CreateTempSubdirectory("fulgurite-performance-").FullName;

    public string PagePath => System.IO.Path.Combine(Path, PerformancePage.FileName);

    public string Plot(string name) => System.IO.Path.Combine(Path, "images", name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
