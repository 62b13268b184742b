namespace AttentionXml.Data;

/// <summary>The kept words or labels, most frequent first, numbered from <see cref="First"/>.</summary>
internal sealed class NameTable
{
    private readonly List<string> _names;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <param name="names">The names in order.</param>
    /// <param name="first">The number of the first one.</param>
    public NameTable(IEnumerable<string> names, int first)
    {
        First = first;
        _names = [.. names];
        _lookup = _names.Select((name, i) => (name, number: first + i)).ToDictionary(p => p.name, p => p.number, StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int First { get; }

    /// <summary>Gets the size of the number range, including the numbers before <see cref="First"/>.</summary>
    public int Count => First + _names.Count;

    public string this[int number] => _names[number - First];

    /// <summary>Returns the number of a name, or null if it is not kept.</summary>
    public int? Find(ReadOnlySpan<char> name) => _lookup.TryGetValue(name, out var number) ? number : null;

    /// <summary>Returns a hash of all names in order.</summary>
    public ulong Hash() => StableHash.Of(string.Join('\n', _names));
}
