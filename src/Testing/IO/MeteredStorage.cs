using Fulgurite.IO;

namespace Fulgurite.Testing;

/// <summary>Counts written files and bytes, to measure the load of a checkpoint policy on the storage. Links are free.</summary>
/// <param name="inner">The inner storage.</param>
public sealed class MeteredStorage(IStorage inner) : IStorage
{
    private long _bytes;
    private int _files;
    private int _links;

    /// <summary>Gets the number of bytes written.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Gets the number of files written.</summary>
    public int Files => Volatile.Read(ref _files);

    /// <summary>Gets the number of links created.</summary>
    public int Links => Volatile.Read(ref _links);

    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var length = inner.Write(path, content, cancellationToken);
        Interlocked.Add(ref _bytes, length);
        Interlocked.Increment(ref _files);
        return length;
    }

    /// <inheritdoc/>
    public StorageReader Open(string path) => inner.Open(path);

    /// <inheritdoc/>
    public bool Exists(string path) => inner.Exists(path);

    /// <inheritdoc/>
    public void Delete(string path) => inner.Delete(path);

    /// <inheritdoc/>
    public bool TryLink(string existing, string path)
    {
        var linked = inner.TryLink(existing, path);
        Interlocked.Add(ref _links, linked ? 1 : 0);
        return linked;
    }

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory) => inner.List(directory);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string directory) => inner.ListFolders(directory);

    /// <inheritdoc/>
    public void DeleteFolder(string directory) => inner.DeleteFolder(directory);

    /// <inheritdoc/>
    public void Probe(string directory) => inner.Probe(directory);

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere) => inner.TryClaim(path, mayBeThere);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);
}
