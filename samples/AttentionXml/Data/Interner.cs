namespace AttentionXml.Data;

/// <summary>Numbers names in the order of their first appearance and counts them.</summary>
internal sealed class Interner
{
    private readonly Dictionary<string, int> _numbers;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _names = [];
    private readonly List<int> _counts = [];

    public Interner()
    {
        _numbers = new(StringComparer.Ordinal);
        _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _names.Count;

    public string Name(int number) => _names[number];

    public int Frequency(int number) => _counts[number];

    public int Add(ReadOnlySpan<char> name)
    {
        if (!_lookup.TryGetValue(name, out var number))
        {
            number = _names.Count;
            _names.Add(name.ToString());
            _counts.Add(0);
            _numbers.Add(_names[number], number);
        }

        _counts[number]++;
        return number;
    }

    /// <summary>Returns the numbers of names with a minimum count, most frequent first, up to a maximum number.</summary>
    /// <remarks>Names with equal counts keep the order of their appearance.</remarks>
    public IEnumerable<int> MostFrequent(int minimumFrequency, int atMost) =>
        Enumerable.Range(0, Count).Where(n => _counts[n] >= minimumFrequency).OrderByDescending(n => _counts[n]).Take(atMost);
}
