using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Checks that the sources use only file-system calls whose errors are checked.</summary>
[TestClass]
public sealed class UncheckedSyncTests
{
    private const string Unchecked = "ManagedFileCalls.cs";

    // The base library ignores their errors; those of the second list copy without syncing if a rename is not possible.
    private static readonly string[] Anywhere = ["FlushToDisk(", "Flush(true)", "Flush(flushToDisk", "FileOptions.WriteThrough"];
    private static readonly string[] InStorage = ["File.Move(", "File.Replace(", "File.Copy("];

    [TestMethod]
    public void Sources_SyncingAFile_UseCheckedCalls()
    {
        // The class exists to use nothing else, where calls of the operating system are disabled.
        var sources = Tree.Files("src", ".cs").Where(path => Path.GetFileName(path) != Unchecked)
            .Concat(Tree.Files("samples", ".cs"))
            .Concat(Tree.Files(Path.Combine("tests", "Docs", "Snippets"), ".cs"))
            .ToList();
        var inStorage = sources.Where(path => path.StartsWith(Tree.At("src", "IO"), StringComparison.Ordinal));
        var found = Uses(sources, Anywhere).Concat(Uses(inStorage, InStorage)).ToList();

        Assert.IsGreaterThan(300, sources.Count);
        Assert.IsEmpty(found, "Use LocalStorage.Write, or FileCalls within Fulgurite.IO:\n" + string.Join('\n', found));
    }

    private static IEnumerable<string> Uses(IEnumerable<string> sources, string[] calls) =>
        from path in sources
        from line in File.ReadLines(path).Select((text, number) => (Text: text, Number: number + 1))
        where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
            && calls.Any(call => line.Text.Contains(call, StringComparison.Ordinal))
        select $"{Path.GetRelativePath(Tree.Root, path)}:{line.Number}: {line.Text.Trim()}";
}
