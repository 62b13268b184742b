using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Fulgurite;

/// <summary>
/// The names in one storage that runs of this process have claimed. For implementations of <see cref="CheckpointIO.TryClaimAsync"/>, which
/// claim a name here before they ask the storage.
/// </summary>
public sealed class NameClaims
{
    private static readonly ConditionalWeakTable<object, NameClaims> Known = [];

    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);

    /// <summary>Returns the claims of a storage.</summary>
    /// <param name="storage">The storage, or an object that identifies it; no strong reference is kept.</param>
    public static NameClaims Of(object storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        return Known.GetOrCreateValue(storage);
    }

    /// <summary>Claims a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The claim, which ends when it is disposed; null if the name is already claimed.</returns>
    public IDisposable? TryTake(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _names.TryAdd(name, true) ? new Claim(this, name) : null;
    }

    private sealed class Claim(NameClaims owner, string name) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                owner._names.TryRemove(name, out _);
            }
        }
    }
}
