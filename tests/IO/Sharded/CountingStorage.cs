namespace Fulgurite.Tests.IO.Sharded;

/// <summary>Records the calls of a storage, and refuses some.</summary>
internal sealed class CountingStorage(IStorage inner) : WrappingStorage(inner)
{
    public List<string> Opened { get; } = [];

    public List<string> Deleted { get; } = [];

    public List<string> Written { get; } = [];

    public List<(string Path, bool MayBeThere)> Claimed { get; } = [];

    public string? Refuses { get; init; }

    /// <summary>Gets or sets a value indicating whether another run has every new name.</summary>
    public bool IsLost { get; set; }

    public override long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        if (Refuses is not null && path.Contains(Refuses, StringComparison.Ordinal))
        {
            throw new OperationCanceledException("As a cancelled write does.");
        }

        Written.Add(path);
        return Inner.Write(path, content, cancellationToken);
    }

    public override StorageReader Open(string path)
    {
        Opened.Add(path);
        return Inner.Open(path);
    }

    public override void Delete(string path)
    {
        Deleted.Add(path);
        Inner.Delete(path);
    }

    public override IDisposable? TryClaim(string path, bool mayBeThere)
    {
        Claimed.Add((path, mayBeThere));
        return IsLost && !mayBeThere ? null : Inner.TryClaim(path, mayBeThere);
    }
}
