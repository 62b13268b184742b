namespace Fulgurite.Cli;

/// <summary>
/// The runs in a folder: every log of <c>JsonLinesLogger</c> and, in folders without one, of <c>CsvLogger</c>. New runs are found by each
/// search.
/// </summary>
/// <param name="root">The folder, or the log of one run.</param>
internal sealed class RunFolder(string root)
{
    private const int Depth = 4;

    private readonly Dictionary<string, LoggedRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTime> _others = new(StringComparer.Ordinal);

    /// <summary>Gets the runs that were found, by name.</summary>
    public IEnumerable<LoggedRun> Runs => _runs.Values.OrderBy(run => run.Id, StringComparer.Ordinal);

    /// <summary>Returns the run of a folder or file; of several, the one that was written last.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static LoggedRun Newest(string root) => Open(root).Runs.MaxBy(run => run.Report.Updated)!;

    /// <summary>Returns the runs of a folder.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static RunFolder Open(string root)
    {
        var folder = new RunFolder(root);
        folder.Refresh();
        return folder._runs.Count > 0
            ? folder
            : throw new UsageException(
                $"'{root}' contains no log of a run. Specify the folder of a run with AddJsonLinesLogger() or AddCsvLogger(), "
                    + "or a folder above.");
    }

    /// <summary>Finds new runs and reads what was written since the last call.</summary>
    /// <exception cref="UsageException">The folder does not exist.</exception>
    public void Refresh()
    {
        if (!Directory.Exists(root) && !File.Exists(root))
        {
            throw new UsageException($"The file or folder '{root}' does not exist. Check the path.");
        }

        var logs = File.Exists(root) ? [root] : Find();
        foreach (var gone in _runs.Keys.Except(logs, StringComparer.Ordinal).ToList())
        {
            _runs.Remove(gone);
        }

        foreach (var path in logs.Where(path => !_runs.ContainsKey(path)))
        {
            var written = File.GetLastWriteTimeUtc(path);
            if (_others.TryGetValue(path, out var known) && known == written)
            {
                continue;
            }

            if (LoggedRun.TryOpen(NameOf(path), path) is { } run)
            {
                _runs.Add(path, run);
            }
            else
            {
                _others[path] = written;
            }
        }

        foreach (var run in _runs.Values)
        {
            run.Refresh();
        }
    }

    private List<string> Find()
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Depth, IgnoreInaccessible = true };
        return [.. Directory.EnumerateFiles(root, "*", options)
            .Where(path => Path.GetExtension(path) is ".jsonl" or ".csv")
            .GroupBy(path => Path.GetDirectoryName(path), StringComparer.Ordinal)
            .SelectMany(
                group => group.Any(path => path.EndsWith(".jsonl", StringComparison.Ordinal)) ? group.Where(
                    path => path.EndsWith(".jsonl", StringComparison.Ordinal)) : group)];
    }

    /// <summary>
    /// Names a run: <c>a/logs/metrics-v1.jsonl</c> is <c>a (metrics-v1)</c>, and the run of the folder itself has its name.
    /// </summary>
    private string NameOf(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        folder = Path.GetFileName(folder) == "logs" ? Path.GetDirectoryName(folder)! : folder;
        var relative = File.Exists(root) ? "." : Path.GetRelativePath(Path.GetFullPath(root), folder).Replace('\\', '/');
        var name = relative is "." or ".." ? Path.GetFileName(folder) : relative;
        var file = Path.GetFileNameWithoutExtension(path);
        return file == "metrics" ? name : $"{name} ({file})";
    }
}
