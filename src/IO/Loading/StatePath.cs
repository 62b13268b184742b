using Fulgurite.State;

namespace Fulgurite.IO.Loading;

/// <summary>Where in a tree a reader is; made a text only when somebody asks.</summary>
internal sealed class StatePath
{
    private readonly List<StateKey> _keys = [];

    public void Enter(StateKey key) => _keys.Add(key);

    public void Leave() => _keys.RemoveAt(_keys.Count - 1);

    public override string ToString() => _keys switch
    {
        [] => string.Empty,
        [var only] => only.ToString(),
        [var first, var second] => string.Concat(first.ToString(), ".", second.ToString()),
        _ => string.Join('.', _keys),
    };
}
