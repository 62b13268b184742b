namespace AttentionXml.Data;

/// <summary>The words or labels that are kept, the most frequent first, numbered from <see cref="First"/>.</summary>
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

    /// <summary>How many numbers there are, the ones before <see cref="First"/> included.</summary>
    public int Count => First + _names.Count;

    public string this[int number] => _names[number - First];

    /// <summary>The number of a name, or null if it is not kept.</summary>
    public int? Find(ReadOnlySpan<char> name) => _lookup.TryGetValue(name, out var number) ? number : null;

    /// <summary>A hash of all names in order.</summary>
    public ulong Hash() => StableHash.Of(string.Join('\n', _names));
}
