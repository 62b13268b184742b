using System.Text;

namespace Fulgurite.IO;

/// <summary>The storages of a torch file of today: one entry of the zip each.</summary>
/// <param name="directory">The entries.</param>
/// <param name="prefix">What the names of storages start with; the key follows.</param>
/// <param name="offset">Where the pickle is in the file, for messages.</param>
internal sealed class ZipStorages(ZipDirectory directory, string prefix, long offset) : ITorchStorages
{
    /// <summary>How far the search in the order of the file goes; a few entries besides tensors come first.</summary>
    private const int FarthestNext = 4;

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);
    private readonly FileRegion?[] _known = new FileRegion?[directory.Count];

    /// <summary>Where in the order of the file the search goes on: a pickle names most storages in that order.</summary>
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
            throw new PickleException($"a tensor lies in the storage '{key}', and there is no entry '{prefix}{key}'", offset);
        }

        ref readonly var entry = ref directory[index];
        var storage = _known[index] ??= new FileRegion(key, entry.DataOffset, entry.Length, entry.Crc);
        return storage.ByteLength == byteLength
            ? storage
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {storage.ByteLength}", storage.Offset);
    }

    /// <summary>Finds one of the next few entries, without making and looking up its name; -1 if it is none of them.</summary>
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
