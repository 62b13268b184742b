using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>
/// The checkpoints of one folder and the files of their chains. Every file is written to the folder of the chain under a name that is never
/// used again, and then gets the name of the checkpoint as a link. A file of the chain is removed once neither a checkpoint nor the next
/// increment needs it, so that removing or replacing a checkpoint never affects another one. Not thread-safe.
/// </summary>
/// <param name="storage">The storage.</param>
/// <param name="path">The path of a checkpoint in the folder.</param>
/// <param name="logger">The logger for files that cannot be removed.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ChainFolder(IStorage storage, string path, ILogger logger, TimeProvider time) : IDisposable
{
    private const int RunDigits = 16;

    /// <summary>
    /// The age of its newest file from which a run is considered to have ended, where claims do not exclude other processes.
    /// </summary>
    private static readonly TimeSpan StaleRunAge = TimeSpan.FromDays(1);

    private readonly string _prefix = path[..(path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)];

    /// <summary>The first part of the names of the files that this instance writes.</summary>
    private readonly string _run = Guid.NewGuid().ToString("N")[..RunDigits];

    /// <summary>The files of chains that may be removed once nothing needs them: own ones, and those of runs that have ended.</summary>
    private readonly HashSet<string> _parts = new(StringComparer.Ordinal);

    /// <summary>The base of each known file of a chain; such files never change.</summary>
    private readonly Dictionary<string, string?> _bases = new(StringComparer.Ordinal);

    /// <summary>The known checkpoints by file name.</summary>
    private readonly Dictionary<string, KnownCheckpoint> _checkpoints = new(StringComparer.Ordinal);

    private IDisposable? _claim;
    private ChainHead? _head;

    /// <summary>The full file that the current chain begins with.</summary>
    private ChainHead? _root;

    /// <summary>How many chains begin with it.</summary>
    private int _chains;
    private int _attempts;
    private int _number;
    private bool _canList;
    private bool _isSwept;

    /// <summary>
    /// Saves a state as an increment of the last saved one. At the end of a chain, as an increment of its full file, the first of another
    /// chain; after as many chains as their length, or if most has changed, as a full file.
    /// </summary>
    /// <returns>The length of the file.</returns>
    public long Save(TrainingState state, string path, int maxChainLength, CancellationToken cancellationToken)
    {
        var isLong = _head?.Position >= maxChainLength;
        var from = !isLong ? _head : _chains < maxChainLength ? _root : null;
        var hashed = new HashedState(state, from?.State);
        _claim ??= storage.TryClaim(Part(_run), mayBeThere: true);
        var changes = from is not null && IsComplete(from.Name) ? hashed.ChangesSince(from.State) : null;
        changes = changes?.FileLength < hashed.FileLength / 2 ? changes : null;
        try
        {
            // A full file too if another program has removed a base meanwhile.
            var length = (changes is null ? null : TrySave(hashed, changes, from, path, cancellationToken)) ?? SaveWhole();
            hashed.ReleaseState(keepsEarlier: ReferenceEquals(from, _root));
            return length;
        }
        finally
        {
            Collect(path);
        }

        long SaveWhole()
        {
            hashed = hashed.IsPartial ? new HashedState(state, earlier: null) : hashed;
            return TrySave(hashed, changes: null, head: null, path, cancellationToken)!.Value;
        }
    }

    /// <summary>Removes a checkpoint, and the files of its chain that nothing else needs.</summary>
    public void Remove(string path)
    {
        // Before the removal, to learn whether the storage lists the checkpoint.
        Try(() => Observe(path));
        storage.Delete(path);
        Forget(path);
        Collect(path);
    }

    /// <summary>Creates a second name for a checkpoint of this folder.</summary>
    public bool TryLink(string existing, string path)
    {
        var baseName = BaseOf(existing);
        Replacing(path, baseName);
        if (!storage.TryLink(existing, path))
        {
            return false;
        }

        Replaced(path, baseName);
        Collect(path);
        return true;
    }

    /// <summary>Ends the chain of this instance: removes the files that only its next increment would need.</summary>
    public void Dispose()
    {
        (_head, _root) = (null, null);
        Collect(path: null);
        _claim?.Dispose();
        _claim = null;
    }

    private static string NameOf(string path) => path[(path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)..];

    private string Part(string name) => $"{_prefix}{IncrementFile.Folder}/{name}";

    /// <summary>
    /// Writes a file of the chain and names it. Returns null if a file that it is based on is missing; it is then useless.
    /// </summary>
    /// <param name="hashed">The state.</param>
    /// <param name="changes">The changes since the base; null for a full file.</param>
    /// <param name="head">The base; null for a full file.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    private long? TrySave(
        HashedState hashed, IncrementLayout? changes, ChainHead? head, string path, CancellationToken cancellationToken)
    {
        var name = $"{_run}-{(++_number).ToString("D6", System.Globalization.CultureInfo.InvariantCulture)}.safetensors";

        // Added first, so that a file left by a failed write is removed.
        _parts.Add(name);
        var page = hashed.Header;
        var length = WritePart(name, path, Content(), cancellationToken);
        _bases[name] = head?.Name;
        if (!IsComplete(head?.Name))
        {
            return null;
        }

        Replacing(path, head?.Name);
        if (!storage.TryLink(Part(name), path))
        {
            // The storage cannot link, so the file is written a second time.
            storage.Write(path, Content(), cancellationToken);
        }

        Replaced(path, head?.Name);

        // Again: until it had its name, other runs could not know that it needs its base.
        if (!IsComplete(head?.Name))
        {
            return null;
        }

        _chains = head is null ? 1 : ReferenceEquals(head, _head) ? _chains : _chains + 1;
        _head = new ChainHead(name, IncrementFile.DigestOf(page), head is null ? 0 : head.Position + 1, hashed);
        _root = head is null ? _head : _root;
        return length;

        FileContent Content() =>
            head is null ? hashed.ToFile() : changes!.ToFile(head.Name, head.Digest, head.Position + 1, out page);
    }

    /// <summary>Determines whether a file of the chain and all that it is based on exist; true for null.</summary>
    private bool IsComplete(string? part)
    {
        for (; part is not null; part = _bases.GetValueOrDefault(part))
        {
            if (!storage.Exists(Part(part)))
            {
                return false;
            }
        }

        return true;
    }

    private long WritePart(string name, string path, FileContent content, CancellationToken cancellationToken)
    {
        try
        {
            return storage.Write(Part(name), content, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            throw new CheckpointException($"The checkpoint '{path}' could not be saved: {exception.Message}", path, exception)
            {
                IsTransient = exception.IsTransient,
            };
        }
    }

    /// <summary>
    /// Keeps the base of a checkpoint that is about to be replaced, and the new one: a failed operation may have taken effect. Both have a
    /// name that no file has.
    /// </summary>
    private void Replacing(string path, string? baseName)
    {
        if (_checkpoints.Remove(NameOf(path), out var known))
        {
            _checkpoints[$"{NameOf(path)}/{++_attempts}"] = known with { IsOwn = true };
        }

        _checkpoints[$"{NameOf(path)}/{++_attempts}"] = new KnownCheckpoint(baseName, IsOwn: true);
    }

    private void Replaced(string path, string? baseName)
    {
        Forget(path);
        _checkpoints[NameOf(path)] = new KnownCheckpoint(baseName, IsOwn: true);
    }

    /// <summary>Forgets a checkpoint and the attempts to replace it.</summary>
    private void Forget(string path)
    {
        _checkpoints.Remove(NameOf(path));
        var prefix = NameOf(path) + "/";
        foreach (var name in _checkpoints.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            _checkpoints.Remove(name);
        }
    }

    /// <summary>Removes the files of chains that nothing needs. A failure does not affect the save or removal before it.</summary>
    private void Collect(string? path) => Try(() =>
    {
        Observe(path);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        AddChain(needed, _head?.Name);
        foreach (var checkpoint in _checkpoints.Values)
        {
            AddChain(needed, checkpoint.Base);
        }

        var unneeded = _parts.Where(part => !needed.Contains(part)).ToList();
        if (unneeded.Count > 0)
        {
            storage.Delete(unneeded.ConvertAll(Part));
            foreach (var part in unneeded)
            {
                _parts.Remove(part);
                _bases.Remove(part);
            }
        }
    });

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (CheckpointException exception)
        {
            LogNotRemoved(logger, Part(string.Empty), exception.Message);
        }
    }

    private void AddChain(HashSet<string> needed, string? part)
    {
        while (part is not null && needed.Add(part))
        {
            if (!_bases.TryGetValue(part, out var next))
            {
                _bases[part] = next = BaseOf(Part(part));
            }

            part = next;
        }
    }

    /// <summary>
    /// Updates the known checkpoints from the folder. Other programs may have copied or removed some. A storage that cannot list is
    /// recognized by the absence of a checkpoint that exists; there, only own checkpoints and files count.
    /// </summary>
    private void Observe(string? path)
    {
        var folder = _prefix.TrimEnd('/', Path.DirectorySeparatorChar);
        folder = folder.Length > 0 ? folder : _prefix.Length > 0 ? _prefix : ".";
        var found = storage.List(folder).ToDictionary(entry => NameOf(entry.Path), StringComparer.Ordinal);
        _canList = _canList || (path is not null && found.ContainsKey(NameOf(path)));
        foreach (var (name, entry) in found)
        {
            var known = _checkpoints.GetValueOrDefault(name);
            if (known is null || !known.IsStill(entry))
            {
                known = new KnownCheckpoint(BaseOf(_prefix + name), IsOwn: false);
            }

            _checkpoints[name] = known with { Entry = entry };
        }

        if (_canList)
        {
            // A failed replacement stays, as it may still be undone by a power failure, until that checkpoint is saved or removed.
            foreach (var name in _checkpoints.Keys.Where(name => !found.ContainsKey(name) && !name.Contains('/')).ToList())
            {
                _checkpoints.Remove(name);
            }

            Sweep();
        }
    }

    /// <summary>Adopts the files that runs have left behind, such as one that was killed between writing a file and naming it.</summary>
    private void Sweep()
    {
        if (_isSwept)
        {
            return;
        }

        _isSwept = true;
        var oldest = time.GetUtcNow() - StaleRunAge;
        var runs = storage.List(Part(string.Empty).TrimEnd('/')).Select(entry => (Name: NameOf(entry.Path), entry.Time))
            .Where(part => IncrementFile.IsPartName(part.Name)).GroupBy(part => part.Name[..RunDigits], StringComparer.Ordinal);
        foreach (var run in runs.Where(run => run.Key != _run))
        {
            // A run that has not ended holds its claim, but only a lock on a local file excludes other processes.
            using var claim = storage.TryClaim(Part(run.Key), mayBeThere: true);
            if (claim is LocalClaim || (claim is not null && run.All(part => part.Time < oldest)))
            {
                _parts.UnionWith(run.Select(part => part.Name));
            }
        }
    }

    /// <summary>Returns the base of a file; null for a full file, one that cannot be loaded, and any other.</summary>
    private string? BaseOf(string path)
    {
        try
        {
            using var reader = storage.Open(path);
            return IncrementFile.TryRead(reader)?.BaseName;
        }
        catch (CheckpointException exception) when (exception is CheckpointNotFoundException or CheckpointCorruptException)
        {
            return null;
        }
    }

    [LoggerMessage(
        EventId = 60, Level = LogLevel.Warning,
        Message = "Files in '{Folder}' that no checkpoint needs could not be removed; the next save tries again: {Reason}")]
    private static partial void LogNotRemoved(ILogger logger, string folder, string reason);

    /// <summary>A checkpoint in the folder.</summary>
    /// <param name="Base">The file of the chain that it is based on; null if it is a full file.</param>
    /// <param name="IsOwn">Whether this instance wrote it; its entry is then unknown until it is listed.</param>
    private sealed record KnownCheckpoint(string? Base, bool IsOwn)
    {
        public CheckpointEntry? Entry { get; init; }

        public bool IsStill(CheckpointEntry entry) =>
            Entry is null ? IsOwn : Entry.Time is not null && Entry.Time == entry.Time && Entry.Length == entry.Length;
    }

    /// <summary>The last written file, the base of the next increment.</summary>
    private sealed record ChainHead(string Name, string Digest, int Position, HashedState State);
}
