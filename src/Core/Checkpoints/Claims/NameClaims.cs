using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Fulgurite;

/// <summary>The names in one storage that runs of this process have claimed.</summary>
internal sealed class NameClaims
{
    private static readonly ConditionalWeakTable<object, NameClaims> Known = [];

    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);

    /// <summary>Those of a storage.</summary>
    public static NameClaims Of(object storage) => Known.GetOrCreateValue(storage);

    /// <summary>Claims a name; null where it is claimed. Disposing the claim gives it up.</summary>
    public IDisposable? TryTake(string name) => _names.TryAdd(name, true) ? new Claim(this, name) : null;

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
