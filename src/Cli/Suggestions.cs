using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>
/// Answers the queries of the scripts of <c>fulgurite completion</c>: <c>fulgurite "[suggest:POSITION]" "LINE"</c>, the protocol of
/// System.CommandLine.
/// </summary>
internal static class Suggestions
{
    private const string Start = "[suggest";

    public static bool TryShow(Screen screen, string directive, IReadOnlyList<string> line)
    {
        if (!directive.StartsWith(Start, StringComparison.Ordinal) || !directive.EndsWith(']'))
        {
            return false;
        }

        var text = string.Join(' ', line);
        var place = int.TryParse(directive.AsSpan(Start.Length).Trim(":]"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, text.Length) : text.Length;
        foreach (var suggestion in Tool.Root(screen).Parse(text).GetCompletions(place))
        {
            screen.WriteLine(suggestion.Label);
        }

        return true;
    }
}
