using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>Stores files in memory, for tests. A file can have up to 2 GiB.</summary>
public sealed class MemoryStorage : IStorage
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Gets the paths of all files.</summary>
    public IReadOnlyCollection<string> Paths => [.. _files.Keys];

    /// <summary>Gets or sets the content of a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="CheckpointNotFoundException">The file does not exist.</exception>
    public byte[] this[string path]
    {
        get => _files.TryGetValue(path, out var file) ? file : throw new CheckpointNotFoundException(path);
        set => _files[path] = value;
    }

    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        var target = new Target(content.Length);
        content.WriteTo(target, threads: 1, cancellationToken);
        _files[path] = target.Bytes;
        return content.Length;
    }

    /// <inheritdoc/>
    public StorageReader Open(string path) => new Reader(path, this[path]);

    /// <inheritdoc/>
    public bool Exists(string path) => _files.ContainsKey(path);

    /// <inheritdoc/>
    public void Delete(string path) => _files.TryRemove(path, out _);

    /// <inheritdoc/>
    public bool TryLink(string existing, string path)
    {
        var isThere = _files.TryGetValue(existing, out var file);
        if (isThere)
        {
            _files[path] = file!;
        }

        return isThere;
    }

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var folder = directory.TrimEnd('/') + "/";
        return [.. _files
            .Where(file => file.Key.StartsWith(folder, StringComparison.Ordinal) && !file.Key.AsSpan(folder.Length).Contains('/'))
            .Select(file => new CheckpointEntry(file.Key, file.Value.Length, Time: null))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var folder = directory.TrimEnd('/') + "/";
        return [.. _files.Keys
            .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.IndexOf('/', folder.Length) >= 0)
            .Select(path => path[..path.IndexOf('/', folder.Length)]).Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => null;

    private sealed class Target(long length) : IContentTarget
    {
        public byte[] Bytes { get; } = new byte[length];

        public int Alignment => 1;

        public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan((int)offset));
    }

    private sealed class Reader(string path, byte[] bytes) : StorageReader(path)
    {
        public override bool IsCheapToReread => true;

        public override long Length => bytes.Length;

        public override void Read(long offset, Span<byte> destination)
        {
            if (offset < 0 || offset > bytes.Length - destination.Length)
            {
                throw EndOfFile(offset, destination.Length);
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
