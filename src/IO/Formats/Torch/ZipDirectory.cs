using System.Numerics;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// The entries of a zip in file order, with lookup by name. Names stay encoded, because few of up to ten thousand are ever needed as
/// strings.
/// </summary>
internal sealed class ZipDirectory : IDisposable
{
    private readonly PooledArray<byte> _bytes;
    private readonly PooledArray<ZipEntry> _entries;

    /// <summary>A hash table of one-based entry numbers with linear probing; zero marks a free slot.</summary>
    private readonly PooledArray<int> _places;

    /// <summary>Indexes the entries.</summary>
    /// <param name="bytes">The directory as read, which contains the names; the instance owns it, as it does the entries.</param>
    /// <param name="entries">The entries in file order.</param>
    public ZipDirectory(PooledArray<byte> bytes, PooledArray<ZipEntry> entries)
    {
        _bytes = bytes;
        _entries = entries;
        _places = new PooledArray<int>((int)BitOperations.RoundUpToPowerOf2(((uint)Count * 2) + 1));
        _places.Span.Clear();
        for (var index = 0; index < Count; index++)
        {
            ref var place = ref FindPlace(NameOf(this[index]));
            if (place != 0)
            {
                Repeated ??= this[index];
            }

            place = index + 1;
        }
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
    public ZipEntry? Repeated { get; }

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
    public int Find(ReadOnlySpan<byte> name) => FindPlace(name) - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes.Dispose();
        _entries.Dispose();
        _places.Dispose();
    }

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
