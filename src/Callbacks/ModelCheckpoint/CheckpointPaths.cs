namespace Fulgurite.Callbacks;

/// <summary>Reserves paths for new checkpoints, so that no foreign file is overwritten, and claims them against other runs.</summary>
internal sealed class CheckpointPaths(CheckpointDirectory directory, CheckpointNaming naming, bool countsVersions, Trainer trainer)
{
    // Null in a process that leaves storage to another one, and where versions are not counted and another run has the name.
    private readonly Dictionary<string, IDisposable?> _claims = new(StringComparer.Ordinal);

    public CheckpointDirectory Directory => directory;

    public CheckpointNaming Naming => naming;

    /// <summary>Takes the first version of a name that is free, or whose file is to be replaced anyway.</summary>
    /// <param name="name">The name without ending.</param>
    /// <param name="mayReplace">Whether a file of the callback's own may be overwritten.</param>
    public string Reserve(string name, Func<string, bool> mayReplace)
    {
        for (var version = 0; ; version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(name, version)];
            if (_claims.ContainsKey(path)
                ? mayReplace(path) || !countsVersions
                : TryTake(path, mayBeThere: !countsVersions) || !countsVersions)
            {
                return path;
            }
        }
    }

    /// <summary>Takes the first version of a name that no running process has claimed. A file of an earlier run is replaced.</summary>
    public string ReserveToReplace(string name)
    {
        for (var version = 0; ; version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(name, version)];
            if (_claims.ContainsKey(path) || TryTake(path, mayBeThere: true))
            {
                return path;
            }
        }
    }

    /// <summary>
    /// Finds a file that matches one of the templates, in any version; null if there is none or if the storage cannot list files.
    /// </summary>
    public string? FindEarlier(params ReadOnlySpan<string> templates)
    {
        try
        {
            foreach (var template in templates)
            {
                var files = trainer.Strategy.CheckpointIO.ListFilesAsync(
                    CheckpointDirectory.ParentOf(directory[template]), CancellationToken.None).ToBlockingEnumerable();
                if (files.FirstOrDefault(
                    file => naming.Matches(
                        template, file.Path[(file.Path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)..])) is { } found)
                {
                    return found.Path;
                }
            }
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException
            or NotSupportedException)
        {
            // The result is only used for a warning; an unreadable folder is reported by the first save.
        }

        return null;
    }

    /// <summary>
    /// Claims a path of an earlier run; returns false if another run continues it and owns the path, or has replaced the file since this
    /// run loaded it.
    /// </summary>
    public bool TakeOver(string path)
    {
        if (_claims.ContainsKey(path))
        {
            return true;
        }

        if (!TryTake(path, mayBeThere: Exists(path)))
        {
            return false;
        }

        if (!HasAdvanced(path))
        {
            return true;
        }

        GiveBack(path);
        return false;
    }

    public void GiveBack(string path)
    {
        if (_claims.Remove(path, out var claim))
        {
            claim?.Dispose();
        }
    }

    /// <summary>Releases all names at the end of a run, so that the run that continues it can claim them.</summary>
    /// <param name="pending">Saves that may still be written; their names are released when they end.</param>
    public void GiveBackAll(IEnumerable<SaveOperation> pending)
    {
        var claims = _claims.Values.OfType<IDisposable>().ToList();
        _claims.Clear();
        _ = Task.WhenAll(pending.Select(operation => operation.Completion)).ContinueWith(
            _ => claims.ForEach(claim => claim.Dispose()),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public bool Exists(string path)
    {
        var exists = trainer.Strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        return trainer.Strategy.Collectives.ReduceDecision(exists, all: false);
    }

    /// <summary>
    /// Returns true if the file that this run was resumed from is newer now: a run that continued it has ended meanwhile, and its state
    /// would be overwritten by an older one.
    /// </summary>
    private bool HasAdvanced(string path)
    {
        if (trainer.ResumedFrom is not { } resumed
            || !string.Equals(CheckpointDirectory.Canonical(resumed), path, StringComparison.Ordinal))
        {
            return false;
        }

        var step = trainer.Strategy.Collectives.IsRankZero ? ReadStep(path) : null;
        return trainer.Strategy.Collectives.ReduceDecision(step > trainer.GlobalStep, all: false);
    }

    /// <summary>Reads the optimizer step of the state at a path; null if there is none.</summary>
    public long? ReadStep(string path)
    {
        try
        {
            return trainer.Strategy.CheckpointIO.ReadPositionAsync(path, CancellationToken.None).GetAwaiter().GetResult()?.GlobalStep;
        }
        catch (CheckpointException)
        {
            // Damaged or removed since it was loaded: nothing newer can be lost.
            return null;
        }
    }

    /// <summary>Claims a path; of several ranks only the one that writes does.</summary>
    private bool TryTake(string path, bool mayBeThere)
    {
        var strategy = trainer.Strategy;
        var claim = strategy.Collectives.IsRankZero
            ? strategy.CheckpointIO.TryClaimAsync(path, mayBeThere, CancellationToken.None).GetAwaiter().GetResult()
            : null;
        var isTaken = strategy.Collectives.ReduceDecision(claim is not null, all: false);
        if (isTaken || !countsVersions)
        {
            _claims[path] = claim;
        }

        return isTaken;
    }
}

/// <summary>The directory of the checkpoints of a callback: local, or defined by a custom <see cref="CheckpointIO"/>.</summary>
internal sealed class CheckpointDirectory
{
    private CheckpointDirectory(string path, bool isLocal) => (Path, IsLocal) = (path, isLocal);

    /// <summary>Gets the path, absolute for a local directory.</summary>
    public string Path { get; }

    /// <summary>Gets a value indicating whether it is a local directory rather than a URL.</summary>
    public bool IsLocal { get; }

    /// <summary>Gets the path of a file in the directory.</summary>
    public string this[string name] => Join(Path, name);

    /// <summary>Resolves the directory specified in options: <c>~</c> is the home folder, and a URL is used unchanged.</summary>
    /// <param name="path">The specified path; null or empty for <c>checkpoints</c> below the root.</param>
    /// <param name="defaultRoot">The root.</param>
    public static CheckpointDirectory Of(string? path, string defaultRoot)
    {
        var chosen = LocalPath.Plain(string.IsNullOrEmpty(path) ? Join(LocalPath.Plain(defaultRoot), "checkpoints") : path);
        return IsUrl(chosen)
            ? new CheckpointDirectory(chosen.TrimEnd('/'), isLocal: false)
            : new CheckpointDirectory(System.IO.Path.GetFullPath(chosen), isLocal: true);
    }

    /// <summary>Returns a relative path for the state, so that the directory can be moved.</summary>
    public string Relative(string path) => IsLocal
        ? System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/')
        : path.StartsWith(Path + "/", StringComparison.Ordinal) ? path[(Path.Length + 1)..] : path;

    /// <summary>Returns the path of a file in a directory or below a URL.</summary>
    public static string Join(string directory, string name) =>
        IsUrl(directory) ? $"{directory.TrimEnd('/')}/{name}" : System.IO.Path.Combine(directory, name);

    /// <summary>Returns the canonical form of a path, for comparisons.</summary>
    public static string Canonical(string path) => IsUrl(path) ? path : System.IO.Path.GetFullPath(LocalPath.Plain(path));

    /// <summary>Returns the directory of a file.</summary>
    public static string ParentOf(string path) =>
        IsUrl(path) ? path[..path.LastIndexOf('/')] : System.IO.Path.GetDirectoryName(Canonical(path)) ?? path;

    private static bool IsUrl(string path) => LocalPath.SchemeOf(path) is not null;
}
