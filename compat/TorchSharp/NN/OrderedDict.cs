using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps the order of insertion; replacing a value keeps its place.</summary>
/// <remarks>Small maps are the rule here (the parameters of a module), so a place is found by its key through one more map.</remarks>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "TorchSharp's name.")]
public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)>
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _places = [];
    private readonly List<(TKey Key, TValue Value)> _entries = [];

    public int Count => _entries.Count;

    public bool IsReadOnly => false;

    public ICollection<TKey> Keys => _entries.ConvertAll(e => e.Key);

    public ICollection<TValue> Values => _entries.ConvertAll(e => e.Value);

    public TValue this[TKey key]
    {
        get => _entries[_places[key]].Value;
        set
        {
            if (_places.TryGetValue(key, out var place))
            {
                _entries[place] = (key, value);
            }
            else
            {
                Add(key, value);
            }
        }
    }

    public (TKey, TValue) this[int index]
    {
        get => _entries[index];
        set
        {
            var old = _entries[index].Key;
            if (!EqualityComparer<TKey>.Default.Equals(old, value.Item1))
            {
                _places.Add(value.Item1, index);
                _places.Remove(old);
            }

            _entries[index] = value;
        }
    }

    public void Add(TKey key, TValue value)
    {
        _places.Add(key, _entries.Count);
        _entries.Add((key, value));
    }

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    public void Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);

    public void Insert(int index, (TKey, TValue) item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)_entries.Count);
        _places.Add(item.Item1, index);
        _entries.Insert(index, item);
        Renumber(index + 1);
    }

    public bool Remove(TKey key)
    {
        if (!_places.TryGetValue(key, out var place))
        {
            return false;
        }

        RemoveAt(place);
        return true;
    }

    public bool Remove((TKey, TValue) item) => Contains(item) && Remove(item.Item1);

    public bool Remove(KeyValuePair<TKey, TValue> item) => Remove((item.Key, item.Value));

    public void RemoveAt(int index)
    {
        _places.Remove(_entries[index].Key);
        _entries.RemoveAt(index);
        Renumber(index);
    }

    public void Clear()
    {
        _places.Clear();
        _entries.Clear();
    }

    public void clear() => Clear();

    public bool ContainsKey(TKey key) => _places.ContainsKey(key);

    public bool Contains((TKey, TValue) item) => IndexOf(item) >= 0;

    public bool Contains(KeyValuePair<TKey, TValue> item) => Contains((item.Key, item.Value));

    public int IndexOf((TKey, TValue) item) =>
        _places.TryGetValue(item.Item1, out var place) && EqualityComparer<TValue>.Default.Equals(_entries[place].Value, item.Item2) ? place : -1;

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = _places.TryGetValue(key, out var place);
        value = found ? _entries[place].Value : default;
        return found;
    }

    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    public void CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        ArgumentNullException.ThrowIfNull(array);
        foreach (var (key, value) in _entries)
        {
            array[arrayIndex++] = new(key, value);
        }
    }

    public IEnumerator<(TKey, TValue)> items() => GetEnumerator();

    public IEnumerable<TKey> keys() => _entries.Select(e => e.Key);

    public IEnumerable<TValue> values() => _entries.Select(e => e.Value);

    public IEnumerator<(TKey, TValue)> GetEnumerator() => ((IEnumerable<(TKey, TValue)>)_entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        _entries.Select(e => KeyValuePair.Create(e.Key, e.Value)).GetEnumerator();

    private void Renumber(int from)
    {
        for (var i = from; i < _entries.Count; i++)
        {
            _places[_entries[i].Key] = i;
        }
    }
}
