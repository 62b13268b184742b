using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>The memo of a pickle. Indexes are mostly consecutive and then need no dictionary.</summary>
internal sealed class PickleMemo
{
    private readonly List<object?> _inOrder = [];

    /// <summary>The other indexes. Their hash is seeded, since the file chooses them.</summary>
    private readonly Dictionary<StateKey, object?> _others = [];

    /// <summary>Gets the number of stored values.</summary>
    public int Count => _inOrder.Count + _others.Count;

    /// <summary>Stores a value at an index, replacing the previous one.</summary>
    public void Put(long place, object? value)
    {
        if (place == _inOrder.Count && !_others.ContainsKey(place))
        {
            _inOrder.Add(value);
        }
        else if (place >= 0 && place < _inOrder.Count)
        {
            _inOrder[(int)place] = value;
        }
        else
        {
            _others[place] = value;
        }
    }

    /// <summary>Gets the value at an index, if there is one.</summary>
    public bool TryGetValue(long place, out object? value)
    {
        if (place >= 0 && place < _inOrder.Count)
        {
            value = _inOrder[(int)place];
            return true;
        }

        return _others.TryGetValue(place, out value);
    }
}
