namespace Fulgurite.Tests.IO.Increments;

/// <summary>A storage of which one operation fails, and all later ones where the process is meant to have died.</summary>
internal sealed class FaultyStorage(IStorage inner) : IStorage
{
    /// <summary>Gets the number of operations so far.</summary>
    public int Operations { get; private set; }

    /// <summary>Gets or sets the number of the operation that fails; 0 for none.</summary>
    public int FailsAt { get; set; }

    /// <summary>Gets or sets whether all operations after it fail too.</summary>
    public bool Dies { get; set; }

    /// <summary>Gets or sets whether the operation takes effect before it fails.</summary>
    public bool FailsAfterwards { get; set; }

    public bool Links { get; init; } = true;

    public bool Lists { get; init; } = true;

    public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
        Run(path, () => inner.Write(path, content, cancellationToken));

    public StorageReader Open(string path) => Run(path, () => inner.Open(path));

    public bool Exists(string path) => Run(path, () => inner.Exists(path));

    public void Delete(string path) => Run(path, () =>
    {
        inner.Delete(path);
        return true;
    });

    public bool TryLink(string existing, string path) => Run(path, () => Links && inner.TryLink(existing, path));

    public IReadOnlyList<CheckpointEntry> List(string directory) => Run(directory, () => Lists ? inner.List(directory) : []);

    public IDisposable? TryClaim(string path, bool mayBeThere) => inner.TryClaim(path, mayBeThere);

    public long? GetAvailableBytes(string path) => null;

    private T Run<T>(string path, Func<T> operation)
    {
        Operations++;
        if (FailsAt == 0 || Operations < FailsAt || (Operations > FailsAt && !Dies))
        {
            return operation();
        }

        if (FailsAfterwards && Operations == FailsAt)
        {
            operation();
        }

        throw new CheckpointException($"'{path}' could not be reached.", path) { IsTransient = true };
    }
}
