using System.Text;

namespace Fulgurite.Callbacks;

/// <summary>A line of fields with colours. If there is no room, the last fields are dropped: a truncated number would be wrong.</summary>
internal sealed class StyledLine
{
    public const string Plain = "";
    public const string Bold = "1";
    public const string Dim = "2";
    public const string Green = "32";
    public const string Yellow = "33";
    public const string Cyan = "36";
    public const string Red = "31";

    private readonly List<(string Text, string Style)> _fields = [];

    public StyledLine()
    {
    }

    public StyledLine(string text, string style = Plain) => Add(text, style);

    /// <summary>Gets a value indicating whether a permanent line may wrap instead of dropping fields.</summary>
    /// <value>The default is false.</value>
    public bool Wraps { get; init; }

    /// <summary>Adds a field.</summary>
    public StyledLine Add(string text, string style = Plain)
    {
        _fields.Add((text, style));
        return this;
    }

    public void AppendTo(StringBuilder target, int width, bool colors)
    {
        if (Wraps)
        {
            AppendWords(target, width, colors);
            return;
        }

        var used = 0;
        foreach (var (text, style) in _fields)
        {
            var gap = used > 0 ? 2 : 0;
            var room = width - used - gap;
            if (text.Length > room)
            {
                // The first field is truncated rather than dropped.
                if (used == 0 && room > 1)
                {
                    Append(target, text[..(room - 1)] + "…", style, colors);
                }

                break;
            }

            target.Append(' ', gap);
            Append(target, text, style, colors);
            used += gap + text.Length;
        }
    }

    /// <summary>Breaks the line between words, because the terminal would break it within a word.</summary>
    private void AppendWords(StringBuilder target, int width, bool colors)
    {
        foreach (var (text, style) in _fields)
        {
            var rows = new StringBuilder();
            var used = 0;
            foreach (var word in text.Split(' '))
            {
                var fits = used == 0 || used + 1 + word.Length <= width;
                rows.Append(used == 0 ? string.Empty : fits ? " " : "\n").Append(word);
                used = fits && used > 0 ? used + 1 + word.Length : word.Length;
            }

            Append(target, rows.ToString(), style, colors);
        }
    }

    private static void Append(StringBuilder target, string text, string style, bool colors)
    {
        if (colors && style.Length > 0)
        {
            target.Append("\u001b[").Append(style).Append('m').Append(text).Append("\u001b[0m");
        }
        else
        {
            target.Append(text);
        }
    }
}
