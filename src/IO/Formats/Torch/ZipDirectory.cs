using System.Numerics;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// The entries of a zip in file order, with lookup by name. Names stay encoded, because few of up to ten thousand are ever needed as
/// strings.
/// </summary>
internal sealed class ZipDirectory
{
    private readonly byte[] _bytes;
    private readonly ZipEntry[] _entries;

    /// <summary>A hash table of one-based entry numbers with linear probing; zero marks a free slot.</summary>
    private readonly int[] _places;

    public ZipDirectory(byte[] bytes, ZipEntry[] entries)
    {
        _bytes = bytes;
        _entries = entries;
        _places = new int[BitOperations.RoundUpToPowerOf2((uint)entries.Length * 2 + 1)];
        for (var index = 0; index < entries.Length; index++)
        {
            ref var place = ref FindPlace(NameOf(entries[index]));
            if (place != 0)
            {
                Repeated ??= entries[index];
            }

            place = index + 1;
        }
    }

    public int Count => _entries.Length;

    /// <summary>Gets a value indicating whether any entry is compressed.</summary>
    public bool IsCompressed => Array.Exists(_entries, entry => entry.IsCompressed);

    /// <summary>Gets an entry whose name is a duplicate; null if there is none.</summary>
    public ZipEntry? Repeated { get; }

    public ref readonly ZipEntry this[int index] => ref _entries[index];

    /// <summary>Returns a directory of the same entries at other offsets.</summary>
    /// <param name="move">Returns an entry with its new offset.</param>
    public ZipDirectory Move(Converter<ZipEntry, ZipEntry> move) => new(_bytes, Array.ConvertAll(_entries, move));

    /// <summary>Returns the name of an entry, in UTF-8.</summary>
    public ReadOnlySpan<byte> NameOf(in ZipEntry entry) => _bytes.AsSpan(entry.NameStart, entry.NameLength);

    /// <summary>Returns the name of an entry.</summary>
    public string TextOf(in ZipEntry entry) => Encoding.UTF8.GetString(NameOf(entry));

    /// <summary>Returns the index of the entry with the given name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => FindPlace(name) - 1;

    /// <summary>Returns the slot of a name, or the free slot for it.</summary>
    private ref int FindPlace(ReadOnlySpan<byte> name)
    {
        // The hash is seeded per process, so that no file can be crafted to make all names collide.
        var hash = default(HashCode);
        hash.AddBytes(name);
        for (var place = hash.ToHashCode() & (_places.Length - 1); ; place = (place + 1) & (_places.Length - 1))
        {
            ref var number = ref _places[place];
            if (number == 0 || NameOf(_entries[number - 1]).SequenceEqual(name))
            {
                return ref number;
            }
        }
    }
}
