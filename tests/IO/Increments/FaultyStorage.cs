using System.Runtime.CompilerServices;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>
/// A storage of which one operation fails, and all later ones where the process is meant to have died; tests may act between operations.
/// </summary>
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

    /// <summary>Gets whether another storage object with the same files is in another process, whose claims are not seen.</summary>
    public bool ClaimsInProcess { get; init; }

    /// <summary>Gets or sets the time of all files; null for unknown.</summary>
    public DateTimeOffset? Time { get; set; }

    /// <summary>Gets or sets what is called before an operation, with its name and the path.</summary>
    public Action<string, string>? Before { get; set; }

    /// <summary>Gets or sets what is called after an operation, with its name and the path.</summary>
    public Action<string, string>? After { get; set; }

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

    public IReadOnlyList<CheckpointEntry> List(string directory) => Run(
        directory, () => Lists ? inner.List(directory).Select(entry => entry with { Time = Time }).ToArray() : []);

    public IDisposable? TryClaim(string path, bool mayBeThere) =>
        ClaimsInProcess ? NameClaims.Of(this).TryTake(path) : inner.TryClaim(path, mayBeThere);

    public long? GetAvailableBytes(string path) => null;

    private T Run<T>(string path, Func<T> operation, [CallerMemberName] string name = "")
    {
        Operations++;
        Before?.Invoke(name, path);
        if (FailsAt == 0 || Operations < FailsAt || (Operations > FailsAt && !Dies))
        {
            var result = operation();
            After?.Invoke(name, path);
            return result;
        }

        if (FailsAfterwards && Operations == FailsAt)
        {
            operation();
        }

        throw new CheckpointException($"'{path}' could not be reached.", path) { IsTransient = true };
    }
}
