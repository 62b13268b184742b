using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

/// <summary>The storages of a torch file of today: one entry of the zip each.</summary>
internal sealed class ZipStorages(Dictionary<string, ZipEntry> entries, string prefix, long offset) : ITorchStorages
{
    private readonly Dictionary<string, TorchStorage> _known = new(StringComparer.Ordinal);

    /// <summary>The storages that were asked for.</summary>
    public IReadOnlyCollection<TorchStorage> Used => _known.Values;

    public TorchStorage Get(string key, long byteLength)
    {
        if (!_known.TryGetValue(key, out var storage))
        {
            if (!entries.TryGetValue(prefix + key, out var entry))
            {
                throw new PickleException($"a tensor lies in the storage '{key}', and there is no entry '{prefix}{key}'", offset);
            }

            storage = new TorchStorage(key, entry.DataOffset, entry.Length, entry.Crc);
            _known.Add(key, storage);
        }

        return storage.ByteLength == byteLength
            ? storage
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {storage.ByteLength}", storage.Offset);
    }
}
