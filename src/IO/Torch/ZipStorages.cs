using Fulgurite.IO.Loading;
using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

/// <summary>The storages of a torch file of today: one entry of the zip each.</summary>
internal sealed class ZipStorages(Dictionary<string, ZipEntry> entries, string prefix, long offset) : ITorchStorages
{
    private readonly Dictionary<string, FileRegion> _known = new(StringComparer.Ordinal);

    public FileRegion Get(string key, long byteLength)
    {
        if (!_known.TryGetValue(key, out var storage))
        {
            if (!entries.TryGetValue(prefix + key, out var entry))
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
}
