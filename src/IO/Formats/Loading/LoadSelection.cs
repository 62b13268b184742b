using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Which values of a file are wanted.</summary>
internal sealed class LoadSelection
{
    private readonly string[] _only;

    public LoadSelection(LoadOptions options)
    {
        _only = options.Only is null ? [] : [.. options.Only];
        IsEverything = options.Only is null;
        NeedsPaths = !IsEverything || options.Into is { Count: > 0 };
    }

    /// <summary>Whether nothing is left out.</summary>
    public bool IsEverything { get; }

    /// <summary>Whether it matters where in the tree a value is.</summary>
    public bool NeedsPaths { get; }

    /// <summary>Whether a value is wanted, or something below it is.</summary>
    public bool Wants(string path) =>
        IsEverything || path.Length == 0 || Array.Exists(_only, wanted => IsAtOrBelow(path, wanted) || IsAtOrBelow(wanted, path));

    /// <summary>Whether one path is another one or leads on from it.</summary>
    private static bool IsAtOrBelow(string path, string above) =>
        path.StartsWith(above, StringComparison.Ordinal) && (path.Length == above.Length || path[above.Length] == '.');
}

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
