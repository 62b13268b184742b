using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Docs.Architecture;

/// <summary>
/// The order of the folders of a project, from a line such as <c>`A` → `B` + `C`, `D` → `E`</c>: types of a folder refer to their own
/// folder and to layers further right. Folders joined by <c>+</c> refer to each other, those separated by a comma do not. The dot is the
/// folder of the project itself, and <c>*</c> every folder that is not listed. A folder below a listed one belongs to it unless it is
/// listed itself.
/// </summary>
internal sealed partial class FolderOrder
{
    private readonly Dictionary<string, (int Layer, int Group)> _places = new(StringComparer.Ordinal);

    private FolderOrder(string line)
    {
        var groups = 0;
        var layers = line.Split('→');
        for (var layer = 0; layer < layers.Length; layer++)
        {
            foreach (var group in layers[layer].Split(','))
            {
                groups++;
                foreach (Match folder in Folder().Matches(group))
                {
                    _places.Add(folder.Groups["name"].Value, (layer, groups));
                }
            }
        }
    }

    public static FolderOrder Parse(string line) => new(line);

    /// <summary>Returns the references against the order, a line for each pair of types, and folders that are not listed.</summary>
    public IReadOnlyList<string> Violations(IEnumerable<CompiledReference> references)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (var (from, to, fromFolder, toFolder) in references)
        {
            if (PlaceOf(fromFolder) is not { } above)
            {
                found.Add($"The folder {fromFolder} is not listed.");
            }
            else if (toFolder is not null && toFolder != fromFolder && PlaceOf(toFolder) is { } below && !Allows(above, below))
            {
                found.Add($"{fromFolder}/{from} refers to {toFolder}/{to}.");
            }
        }

        return [.. found];
    }

    private static bool Allows((int Layer, int Group, string Folder) from, (int Layer, int Group, string Folder) to) =>
        to.Layer > from.Layer || (to.Group == from.Group && (from.Folder != "*" || to.Folder != "*"));

    private (int Layer, int Group, string Folder)? PlaceOf(string folder)
    {
        for (var name = folder; ; name = name[..name.LastIndexOf('/')])
        {
            if (_places.TryGetValue(name, out var place))
            {
                return (place.Layer, place.Group, name);
            }

            if (!name.Contains('/', StringComparison.Ordinal))
            {
                return _places.TryGetValue("*", out place) ? (place.Layer, place.Group, "*") : null;
            }
        }
    }

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Folder();
}
