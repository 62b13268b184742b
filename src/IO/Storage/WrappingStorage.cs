namespace Fulgurite.IO;

/// <summary>The base class of storages that wrap another one: every method calls that of the inner storage.</summary>
/// <param name="inner">The inner storage.</param>
public abstract class WrappingStorage(IStorage inner) : IStorage
{
    /// <summary>Gets the inner storage.</summary>
    protected IStorage Inner => inner;

    /// <inheritdoc/>
    public virtual long Write(string path, FileContent content, CancellationToken cancellationToken) =>
        inner.Write(path, content, cancellationToken);

    /// <inheritdoc/>
    public virtual StorageReader Open(string path) => inner.Open(path);

    /// <inheritdoc/>
    public virtual bool Exists(string path) => inner.Exists(path);

    /// <inheritdoc/>
    public virtual void Delete(string path) => inner.Delete(path);

    /// <inheritdoc/>
    public virtual bool TryLink(string existing, string path) => inner.TryLink(existing, path);

    /// <inheritdoc/>
    public virtual IReadOnlyList<CheckpointEntry> List(string directory) => inner.List(directory);

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> ListFolders(string directory) => inner.ListFolders(directory);

    /// <inheritdoc/>
    public virtual void DeleteFolder(string directory) => inner.DeleteFolder(directory);

    /// <inheritdoc/>
    public virtual void Probe(string directory) => inner.Probe(directory);

    /// <inheritdoc/>
    public virtual IDisposable? TryClaim(string path, bool mayBeThere) => inner.TryClaim(path, mayBeThere);

    /// <inheritdoc/>
    public virtual long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);
}
