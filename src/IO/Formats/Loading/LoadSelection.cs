using System.Globalization;
using System.Text;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Selects the values to load from a file.</summary>
internal sealed class LoadSelection
{
    private readonly string[] _only;

    public LoadSelection(LoadOptions options)
    {
        _only = options.Only is null ? [] : [.. options.Only];
        IsEverything = options.Only is null;
        NeedsPaths = !IsEverything || options.Into is { Count: > 0 };
    }

    /// <summary>Gets a value indicating whether all values are selected.</summary>
    public bool IsEverything { get; }

    /// <summary>Gets a value indicating whether the selection depends on paths.</summary>
    public bool NeedsPaths { get; }

    /// <summary>Returns true if a value or any of its descendants is selected.</summary>
    public bool Wants(string path) =>
        IsEverything || path.Length == 0 || Array.Exists(_only, wanted => IsAtOrBelow(path, wanted) || IsAtOrBelow(wanted, path));

    /// <summary>Returns true if one path equals another or is a descendant of it.</summary>
    private static bool IsAtOrBelow(string path, string above) =>
        path.StartsWith(above, StringComparison.Ordinal) && (path.Length == above.Length || path[above.Length] == '.');
}

/// <summary>The current position in a tree, formatted only on demand.</summary>
internal sealed class StatePath
{
    private const int LongestNumber = 20;

    private const int LongestKey = 200;
    private const int LongestText = 400;

    private readonly List<StateKey> _keys = [];

    /// <summary>Gets or sets a value indicating whether the value at the position is a tensor.</summary>
    public bool IsTensor { get; set; }

    public void Enter(StateKey key) => _keys.Add(key);

    public void Leave() => _keys.RemoveAt(_keys.Count - 1);

    /// <summary>Returns whether the position is that of a path, without formatting it.</summary>
    public bool Is(ReadOnlySpan<char> path)
    {
        Span<char> digits = stackalloc char[LongestNumber];
        for (var index = 0; index < _keys.Count; index++)
        {
            var key = _keys[index];
            scoped ReadOnlySpan<char> text;
            if (key.IsNumber)
            {
                key.Number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
                text = digits[..length];
            }
            else
            {
                text = key.ToString();
            }

            if (index > 0 && (path.IsEmpty || path[0] != '.'))
            {
                return false;
            }

            path = index > 0 ? path[1..] : path;
            if (!path.StartsWith(text))
            {
                return false;
            }

            path = path[text.Length..];
        }

        return path.IsEmpty;
    }

    /// <summary>Returns the position for a message: shortened, since the keys of a file can be megabytes long; null at the root.</summary>
    public string? Describe()
    {
        var text = new StringBuilder();
        foreach (var key in _keys)
        {
            var name = key.ToString();
            text.Append(text.Length > 0 ? "." : string.Empty).Append(name.AsSpan(0, Math.Min(name.Length, LongestKey)));
            text.Append(name.Length > LongestKey ? "..." : string.Empty);
            if (text.Length > LongestText)
            {
                return text.Append("...").ToString();
            }
        }

        return _keys.Count > 0 ? text.ToString() : null;
    }

    public override string ToString() => _keys switch
    {
        [] => string.Empty,
        [var only] => only.ToString(),
        [var first, var second] => string.Concat(first.ToString(), ".", second.ToString()),
        _ => string.Join('.', _keys),
    };
}
