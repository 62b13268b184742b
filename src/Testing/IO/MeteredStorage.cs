using Fulgurite.IO;

namespace Fulgurite.Testing;

/// <summary>Counts written files and bytes, to measure the load of a checkpoint policy on the storage. Links are free.</summary>
/// <param name="inner">The inner storage.</param>
public sealed class MeteredStorage(IStorage inner) : WrappingStorage(inner)
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
    public override long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var length = Inner.Write(path, content, cancellationToken);
        Interlocked.Add(ref _bytes, length);
        Interlocked.Increment(ref _files);
        return length;
    }

    /// <inheritdoc/>
    public override bool TryLink(string existing, string path)
    {
        var linked = Inner.TryLink(existing, path);
        Interlocked.Add(ref _links, linked ? 1 : 0);
        return linked;
    }
}
