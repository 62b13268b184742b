using Fulgurite.IO.Loading;
using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

/// <summary>The storages of a torch file of today: one entry of the zip each.</summary>
internal sealed class ZipStorages(Dictionary<string, ZipEntry> entries, string prefix, long offset) : ITorchStorages
{
    private const int MostSkipped = 4;

    private readonly Dictionary<string, FileRegion> _known = new(entries.Count, StringComparer.Ordinal);

    /// <summary>Where in the order of the file the search goes on: a pickle names most storages in that order.</summary>
    private Dictionary<string, ZipEntry>.ValueCollection.Enumerator _next = entries.Values.GetEnumerator();

    public FileRegion Get(string key, long byteLength)
    {
        if (!_known.TryGetValue(key, out var storage))
        {
            if (!TryTakeNext(key, out var entry) && !entries.TryGetValue(prefix + key, out entry))
            {
                throw new PickleException($"a tensor lies in the storage '{key}', and there is no entry '{prefix}{key}'", offset);
            }

            storage = new FileRegion(key, entry.DataOffset, entry.Length, entry.Crc);
            _known.Add(key, storage);
        }

        return storage.ByteLength == byteLength
            ? storage
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {storage.ByteLength}", storage.Offset);
    }

    /// <summary>Takes the next entry if it is the one: then its name need not be made and looked up.</summary>
    private bool TryTakeNext(string key, out ZipEntry entry)
    {
        // A few entries besides tensors come first; whoever names storages in another order ends at the lookup.
        for (var tried = 0; tried < MostSkipped && _next.MoveNext(); tried++)
        {
            entry = _next.Current;
            if (entry.Name.Length == prefix.Length + key.Length && entry.Name.StartsWith(prefix, StringComparison.Ordinal) && entry.Name.EndsWith(key, StringComparison.Ordinal))
            {
                return true;
            }
        }

        entry = default;
        return false;
    }
}
