using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The entries of a zip in file order, with lookup by name. Names stay encoded, because few of up to ten thousand are ever needed as
/// strings.
/// </summary>
internal sealed class ZipDirectory : IDisposable
{
    private readonly PooledArray<byte> _bytes;
    private readonly PooledArray<ZipEntry> _entries;

    /// <summary>
    /// The longest run of entries whose names ascend, by length and then by bytes, as those of numbered storages do. They are unique, and
    /// found by bisection, in place of a hash of each. Empty if it is not most of the entries: each of the others is compared with it.
    /// </summary>
    private readonly (int Start, int End) _ascending;

    /// <summary>A hash table of the one-based numbers of the other entries with linear probing; zero marks a free slot.</summary>
    private readonly PooledArray<int> _places;

    /// <summary>Indexes the entries.</summary>
    /// <param name="bytes">The directory as read, which contains the names; the instance owns it, as it does the entries.</param>
    /// <param name="entries">The entries in file order.</param>
    public ZipDirectory(PooledArray<byte> bytes, PooledArray<ZipEntry> entries)
    {
        _bytes = bytes;
        _entries = entries;
        _ascending = FindAscending();
        var others = Count - (_ascending.End - _ascending.Start);
        _places = new PooledArray<int>((int)BitOperations.RoundUpToPowerOf2(((uint)others * 2) + 1));
        _places.Span.Clear();
        Add(0, _ascending.Start);
        Add(_ascending.End, Count);
    }

    public int Count => _entries.Span.Length;

    /// <summary>Gets a value indicating whether any entry is compressed.</summary>
    public bool IsCompressed
    {
        get
        {
            foreach (ref readonly var entry in _entries.Span)
            {
                if (entry.IsCompressed)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Gets an entry whose name is a duplicate; null if there is none.</summary>
    public ZipEntry? Repeated { get; private set; }

    public ref readonly ZipEntry this[int index] => ref _entries.Span[index];

    /// <summary>Returns a directory of the same entries at other offsets, which is valid as long as this one.</summary>
    /// <param name="move">Returns an entry with its new offset.</param>
    public ZipDirectory Move(Converter<ZipEntry, ZipEntry> move)
    {
        var moved = new PooledArray<ZipEntry>(Count);
        for (var index = 0; index < Count; index++)
        {
            moved.Span[index] = move(this[index]);
        }

        return new ZipDirectory(_bytes, moved);
    }

    /// <summary>Returns the name of an entry, in UTF-8.</summary>
    public ReadOnlySpan<byte> NameOf(in ZipEntry entry) => _bytes.Span.Slice(entry.NameStart, entry.NameLength);

    /// <summary>Returns the name of an entry.</summary>
    public string TextOf(in ZipEntry entry) => Encoding.UTF8.GetString(NameOf(entry));

    /// <summary>Returns the index of the entry with the given name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => FindPlace(name) is not 0 and var number ? number - 1 : FindAscending(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes.Dispose();
        _entries.Dispose();
        _places.Dispose();
    }

    /// <summary>Adds entries outside of the ascending run to the table.</summary>
    private void Add(int start, int end)
    {
        for (var index = start; index < end; index++)
        {
            var name = NameOf(this[index]);
            ref var place = ref FindPlace(name);
            if (place != 0 || FindAscending(name) >= 0)
            {
                Repeated ??= this[index];
            }

            place = index + 1;
        }
    }

    private (int Start, int End) FindAscending()
    {
        var longest = (Start: 0, End: 0);
        for (var start = 0; start < Count;)
        {
            var end = start + 1;
            while (end < Count && Compare(NameOf(this[end - 1]), NameOf(this[end])) < 0)
            {
                end++;
            }

            longest = end - start > longest.End - longest.Start ? (start, end) : longest;
            start = end;
        }

        return longest.End - longest.Start > Count / 2 ? longest : default;
    }

    /// <summary>Returns the index of the entry with the given name in the ascending run, or -1.</summary>
    private int FindAscending(ReadOnlySpan<byte> name)
    {
        var (start, end) = _ascending;
        while (start < end)
        {
            var middle = start + ((end - start) / 2);
            var order = Compare(NameOf(this[middle]), name);
            if (order == 0)
            {
                return middle;
            }

            (start, end) = order < 0 ? (middle + 1, end) : (start, middle);
        }

        return -1;
    }

    private static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    /// <summary>Returns the slot of a name, or the free slot for it.</summary>
    private ref int FindPlace(ReadOnlySpan<byte> name)
    {
        // The hash is seeded per process, so that no file can be crafted to make all names collide.
        var hash = default(HashCode);
        hash.AddBytes(name);
        var places = _places.Span;
        for (var place = hash.ToHashCode() & (places.Length - 1); ; place = (place + 1) & (places.Length - 1))
        {
            ref var number = ref places[place];
            if (number == 0 || NameOf(this[number - 1]).SequenceEqual(name))
            {
                return ref number;
            }
        }
    }
}

/// <summary>The storages of a zip-based torch file: one entry each.</summary>
/// <param name="directory">The entries.</param>
/// <param name="prefix">The prefix of storage entry names; the key follows.</param>
/// <param name="offset">The file offset of the pickle, for messages.</param>
internal sealed class ZipStorages(ZipDirectory directory, string prefix, long offset) : ITorchStorages
{
    /// <summary>The maximum number of entries to search ahead; a few other entries precede the tensors.</summary>
    private const int FarthestNext = 4;

    private const int LongestNumber = 20;

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);
    private readonly FileRegion?[] _known = new FileRegion?[directory.Count];

    /// <summary>The start of the next search: a pickle usually refers to storages in file order.</summary>
    private int _next;

    public FileRegion Get(StateKey key, long byteLength)
    {
        var index = FindNext(key);
        if (index < 0)
        {
            index = directory.Find(Encoding.UTF8.GetBytes($"{prefix}{key}"));
        }

        if (index < 0)
        {
            throw new PickleException($"a tensor refers to the storage '{key}', but there is no entry '{prefix}{key}'", offset);
        }

        ref readonly var entry = ref directory[index];
        var storage = _known[index] ??= new FileRegion(entry.DataOffset, entry.Length, entry.Crc);
        return storage.ByteLength == byteLength
            ? storage
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {storage.ByteLength}", storage.Offset);
    }

    /// <summary>Searches the next few entries without building and hashing the name; returns -1 if there is no match.</summary>
    private int FindNext(StateKey key)
    {
        Span<byte> digits = stackalloc byte[LongestNumber];
        var text = key.IsNumber ? null : key.ToString();
        var length = text?.Length ?? Format(key.Number, digits);
        for (var index = _next; index < Math.Min(_next + FarthestNext, directory.Count); index++)
        {
            var name = directory.NameOf(directory[index]);
            if (name.Length == _prefix.Length + length && name.StartsWith(_prefix)
                && (text is null ? name.EndsWith(digits[..length]) : Ascii.Equals(name[_prefix.Length..], text)))
            {
                _next = index + 1;
                return index;
            }
        }

        return -1;
    }

    private static int Format(long number, Span<byte> digits)
    {
        Utf8Formatter.TryFormat(number, digits, out var length);
        return length;
    }
}
