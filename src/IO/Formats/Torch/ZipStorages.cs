using System.Text;

namespace Fulgurite.IO;

/// <summary>The storages of a zip-based torch file: one entry each.</summary>
/// <param name="directory">The entries.</param>
/// <param name="prefix">The prefix of storage entry names; the key follows.</param>
/// <param name="offset">The file offset of the pickle, for messages.</param>
internal sealed class ZipStorages(ZipDirectory directory, string prefix, long offset) : ITorchStorages
{
    /// <summary>The maximum number of entries to search ahead; a few other entries precede the tensors.</summary>
    private const int FarthestNext = 4;

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);
    private readonly FileRegion?[] _known = new FileRegion?[directory.Count];

    /// <summary>The start of the next search: a pickle usually refers to storages in file order.</summary>
    private int _next;

    public FileRegion Get(string key, long byteLength)
    {
        var index = FindNext(key);
        if (index < 0)
        {
            index = directory.Find(Encoding.UTF8.GetBytes(prefix + key));
        }

        if (index < 0)
        {
            throw new PickleException($"a tensor refers to the storage '{key}', but there is no entry '{prefix}{key}'", offset);
        }

        ref readonly var entry = ref directory[index];
        var storage = _known[index] ??= new FileRegion(key, entry.DataOffset, entry.Length, entry.Crc);
        return storage.ByteLength == byteLength
            ? storage
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {storage.ByteLength}", storage.Offset);
    }

    /// <summary>Searches the next few entries without building and hashing the name; returns -1 if there is no match.</summary>
    private int FindNext(string key)
    {
        for (var index = _next; index < Math.Min(_next + FarthestNext, directory.Count); index++)
        {
            var name = directory.NameOf(directory[index]);
            if (name.Length == _prefix.Length + key.Length && name.StartsWith(_prefix) && Ascii.Equals(name[_prefix.Length..], key))
            {
                _next = index + 1;
                return index;
            }
        }

        return -1;
    }
}
