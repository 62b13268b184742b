using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>What a pickle put aside to use again. Places mostly come one after the other, and then need no dictionary.</summary>
internal sealed class PickleMemo
{
    private readonly List<object?> _inOrder = [];

    /// <summary>The rest, under keys whose hash is seeded, since a file chooses them.</summary>
    private readonly Dictionary<StateKey, object?> _others = [];

    /// <summary>How many places are taken.</summary>
    public int Count => _inOrder.Count + _others.Count;

    /// <summary>Puts something at a place, over what is there.</summary>
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

    /// <summary>What is at a place, if there is something.</summary>
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
