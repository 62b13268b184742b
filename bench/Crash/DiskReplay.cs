namespace Fulgurite.Bench.Crash;

/// <summary>
/// A disk after a power cut: what recorded operations have left on it, where the operating system was free to write what was not synced in
/// any order, in part, or not at all.
/// </summary>
/// <remarks>
/// The model is weaker than any file system in use. Each page that was written after the last successful sync is old, new, zero or torn in
/// the middle. Each change of a name after the last successful sync of its directory may be there or not; a rename is one change. A failed
/// sync drops pages and names for good, as Linux does: a later sync does not write them.
/// </remarks>
internal sealed class DiskReplay
{
    private const int PageSize = 512;

    private readonly Dictionary<int, Node> _nodes = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly List<(DiskOperation Operation, bool IsDropped)> _pendingNames = [];
    private readonly Dictionary<string, HashSet<byte[]?>> _allowed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    /// <summary>Applies an operation.</summary>
    public void Apply(DiskOperation operation)
    {
        switch (operation.Kind)
        {
            case DiskOperationKind.Create:
                _nodes[operation.Node] = new Node();
                _pendingNames.Add((operation, false));
                break;
            case DiskOperationKind.Write:
                _nodes[operation.Node].Write(operation.Offset, operation.Bytes!);
                break;
            case DiskOperationKind.Truncate:
                _nodes[operation.Node].SetLength(operation.Offset);
                break;
            case DiskOperationKind.Sync:
                _nodes[operation.Node].Sync(operation.IsFailed);
                break;
            case DiskOperationKind.SyncDirectory:
                SyncNames(operation);
                break;
            case DiskOperationKind.Begin:
                Allowed(operation.Path).Add(operation.Bytes);
                break;
            case DiskOperationKind.Report:
                Allowed(operation.Path).Clear();
                Allowed(operation.Path).Add(operation.Bytes);
                break;
            case DiskOperationKind.Keep:
                Allowed(operation.Path).Remove(operation.Bytes);
                break;
            case DiskOperationKind.MakeDirectory:
                _made.Add(operation.Path);
                _pendingNames.Add((operation, false));
                break;
            default:
                _pendingNames.Add((operation, false));
                break;
        }
    }

    /// <summary>Cuts the power and returns what is wrong with the disk; null for nothing.</summary>
    /// <param name="random">Chooses what is left. The first choices of names are none and all.</param>
    /// <param name="number">The number of the state.</param>
    public (string What, bool IsLost)? Cut(Random random, int number)
    {
        var names = new Dictionary<string, int>(_names, StringComparer.Ordinal);
        foreach (var (operation, _) in _pendingNames)
        {
            if (number % 4 == 1 || (number % 4 > 1 && random.Next(2) == 0))
            {
                Change(names, operation);
            }
        }

        foreach (var (path, allowed) in _allowed)
        {
            if (!names.TryGetValue(path, out var node) || !Exists(names, path))
            {
                if (!allowed.Contains(null))
                {
                    return ($"'{path}' is gone", true);
                }

                continue;
            }

            var found = _nodes[node].Cut(random, number);
            if (!allowed.Any(content => content is not null && found.AsSpan().SequenceEqual(content)))
            {
                return ($"'{path}' holds {found.Length} bytes that are no state which it may hold", false);
            }
        }

        return null;
    }

    private HashSet<byte[]?> Allowed(string path)
    {
        if (!_allowed.TryGetValue(path, out var allowed))
        {
            _allowed.Add(path, allowed = [null]);
        }

        return allowed;
    }

    // A directory whose own name is lost takes its files with it. Those that were there before are not among the nodes.
    private bool Exists(Dictionary<string, int> names, string path)
    {
        for (var directory = Path.GetDirectoryName(path); directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (_made.Contains(directory) && !names.ContainsKey(directory))
            {
                return false;
            }
        }

        return true;
    }

    private void SyncNames(DiskOperation sync)
    {
        var synced = _pendingNames.Where(pending => !pending.IsDropped && Path.GetDirectoryName(pending.Operation.Path) == sync.Path)
            .ToList();
        _pendingNames.RemoveAll(synced.Contains);
        foreach (var (operation, _) in synced)
        {
            if (sync.IsFailed)
            {
                _pendingNames.Add((operation, true));
                continue;
            }

            // What a failed sync dropped may be there, until a newer change of the same name is.
            _pendingNames.RemoveAll(
                dropped => dropped.IsDropped
                    && (dropped.Operation.Path == operation.Path
                        || dropped.Operation.Path == operation.From
                        || dropped.Operation.From == operation.Path));
            Change(_names, operation);
        }
    }

    private static void Change(Dictionary<string, int> names, DiskOperation operation)
    {
        switch (operation.Kind)
        {
            case DiskOperationKind.Rename:
                names.Remove(operation.From);
                names[operation.Path] = operation.Node;
                break;
            case DiskOperationKind.MakeDirectory:
                names[operation.Path] = -1;
                break;
            case DiskOperationKind.Delete or DiskOperationKind.RemoveDirectory:
                names.Remove(operation.Path);
                break;
            default:
                names[operation.Path] = operation.Node;
                break;
        }
    }

    /// <summary>A file: its content in the cache, on the disk, and which pages differ.</summary>
    private sealed class Node
    {
        private readonly HashSet<int> _dirty = [];
        private byte[] _cached = [];
        private byte[] _durable = [];
        private readonly HashSet<int> _dropped = [];

        public void Write(long offset, byte[] bytes)
        {
            if (offset + bytes.Length > _cached.Length)
            {
                Array.Resize(ref _cached, (int)offset + bytes.Length);
            }

            bytes.CopyTo(_cached, (int)offset);
            for (var page = (int)offset / PageSize; page * PageSize < offset + bytes.Length; page++)
            {
                _dirty.Add(page);
                _dropped.Remove(page);
            }
        }

        public void SetLength(long length) => Array.Resize(ref _cached, (int)length);

        public void Sync(bool isFailed)
        {
            if (isFailed)
            {
                // Clean in the cache, and not on the disk.
                _dropped.UnionWith(_dirty);
                _dirty.Clear();
                return;
            }

            var disk = (byte[])_cached.Clone();
            foreach (var page in _dropped)
            {
                Page(disk, page).Clear();
                Copy(_durable, disk, page, PageSize);
            }

            _durable = disk;
            _dirty.Clear();
        }

        public byte[] Cut(Random random, int number)
        {
            if (_dirty.Count == 0 && _dropped.Count == 0 && _durable.Length == _cached.Length)
            {
                return _durable;
            }

            // The length is that of the cache, of the disk, or of a page in between.
            var length = random.Next(3) switch
            {
                0 => _cached.Length,
                1 => _durable.Length,
                _ => Math.Min(_cached.Length, random.Next((_cached.Length / PageSize) + 1) * PageSize),
            };
            var disk = new byte[length];
            _durable.AsSpan(0, Math.Min(length, _durable.Length)).CopyTo(disk);
            foreach (var page in _dirty)
            {
                switch (number % 8 == 7 ? 1 : random.Next(4))
                {
                    case 0:
                        break;
                    case 1:
                        Copy(_cached, disk, page, PageSize);
                        break;
                    case 2:
                        Page(disk, page).Clear();
                        break;
                    default:
                        Copy(_cached, disk, page, random.Next(PageSize));
                        break;
                }
            }

            return disk;
        }

        private static Span<byte> Page(byte[] bytes, int page) =>
            page * PageSize >= bytes.Length ? [] : bytes.AsSpan(page * PageSize, Math.Min(PageSize, bytes.Length - (page * PageSize)));

        private static void Copy(byte[] from, byte[] to, int page, int most)
        {
            var source = Page(from, page);
            var target = Page(to, page);
            var length = Math.Min(Math.Min(source.Length, target.Length), most);
            source[..length].CopyTo(target);
        }
    }
}
