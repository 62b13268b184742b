using Fulgurite.IO.Loading;
using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

/// <summary>The storages of a torch file of today: one entry of the zip each.</summary>
internal sealed class ZipStorages(Dictionary<string, ZipEntry> entries, string prefix, long offset) : ITorchStorages
{
    private const int MostOnStack = 256;

    private readonly Dictionary<string, FileRegion> _known = new(entries.Count, StringComparer.Ordinal);
    private readonly Dictionary<string, ZipEntry>.AlternateLookup<ReadOnlySpan<char>> _entries = entries.GetAlternateLookup<ReadOnlySpan<char>>();

    public FileRegion Get(string key, long byteLength)
    {
        if (!_known.TryGetValue(key, out var storage))
        {
            if (!TryFind(key, out var entry))
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

    /// <summary>Finds an entry without making its name, of which a file has as many as tensors.</summary>
    private bool TryFind(string key, out ZipEntry entry)
    {
        var length = prefix.Length + key.Length;
        if (length > MostOnStack)
        {
            return entries.TryGetValue(prefix + key, out entry);
        }

        Span<char> name = stackalloc char[length];
        prefix.CopyTo(name);
        key.CopyTo(name[prefix.Length..]);
        return _entries.TryGetValue(name, out entry);
    }
}
