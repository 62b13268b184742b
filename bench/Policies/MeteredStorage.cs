using Fulgurite.IO.Storage;

namespace Fulgurite.Bench.Policies;

/// <summary>Counts what is written to the local file system; a second name for a file costs nothing.</summary>
internal sealed class MeteredStorage(IStorage inner) : IStorage
{
    private long _bytes;
    private int _files;
    private int _links;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Files => Volatile.Read(ref _files);

    public int Links => Volatile.Read(ref _links);

    public void Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        inner.Write(path, content, cancellationToken);
        Interlocked.Add(ref _bytes, new FileInfo(path).Length);
        Interlocked.Increment(ref _files);
    }

    public StorageReader Open(string path) => inner.Open(path);

    public bool Exists(string path) => inner.Exists(path);

    public void Delete(string path) => inner.Delete(path);

    public bool TryLink(string existing, string path)
    {
        var linked = inner.TryLink(existing, path);
        Interlocked.Add(ref _links, linked ? 1 : 0);
        return linked;
    }

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);
}
