using System.Numerics;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// The entries of a zip in the order of the file, found by name. Names stay the bytes that they are in the directory: of ten thousand
/// hardly one is ever wanted as a text.
/// </summary>
internal sealed class ZipDirectory
{
    private readonly byte[] _bytes;
    private readonly ZipEntry[] _entries;

    /// <summary>The numbers of the entries, from 1, at a place that follows from the name or behind it; zero where there is none.</summary>
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

    /// <summary>Whether an entry is compressed.</summary>
    public bool IsCompressed => Array.Exists(_entries, entry => entry.IsCompressed);

    /// <summary>An entry that has the name of another one; null if there is none.</summary>
    public ZipEntry? Repeated { get; }

    public ref readonly ZipEntry this[int index] => ref _entries[index];

    /// <summary>The same entries with contents in another place.</summary>
    /// <param name="move">Returns an entry with its new place.</param>
    public ZipDirectory Move(Converter<ZipEntry, ZipEntry> move) => new(_bytes, Array.ConvertAll(_entries, move));

    /// <summary>The name of an entry, in UTF-8.</summary>
    public ReadOnlySpan<byte> NameOf(in ZipEntry entry) => _bytes.AsSpan(entry.NameStart, entry.NameLength);

    /// <summary>The name of an entry.</summary>
    public string TextOf(in ZipEntry entry) => Encoding.UTF8.GetString(NameOf(entry));

    /// <summary>The number of the entry of a name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => FindPlace(name) - 1;

    /// <summary>The place of a name, or the one that it would take.</summary>
    private ref int FindPlace(ReadOnlySpan<byte> name)
    {
        // Seeded anew in every process: nobody can make a file whose names all want the same place.
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
