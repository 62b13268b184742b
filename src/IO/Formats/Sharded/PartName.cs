using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.IO;

/// <summary>The name of one part of a sharded checkpoint. A part has up to two files: model weights, and the rest of the state.</summary>
/// <param name="SaveId">The identifier of the save.</param>
/// <param name="Number">The number of the part, from one.</param>
/// <param name="Count">The number of parts.</param>
internal readonly partial record struct PartName(string SaveId, int Number, int Count)
{
    /// <summary>The kind of the file with the weights of a part.</summary>
    public const string Model = "model";

    /// <summary>The kind of the file with all other values of a part.</summary>
    public const string State = "state";

    /// <summary>The number of hexadecimal digits of the time at the start of a <see cref="SaveId"/>, in ticks.</summary>
    public const int TimeDigits = 16;

    private const string Path = "part";

    /// <summary>Gets the time of the save, by the clock of the process that started it.</summary>
    public DateTimeOffset Time
    {
        get
        {
            var ticks = long.Parse(SaveId.AsSpan(0, TimeDigits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
                ? new DateTimeOffset(ticks, TimeSpan.Zero)
                : DateTimeOffset.MaxValue;
        }
    }

    /// <summary>Gets the paths of both files in a folder.</summary>
    public IEnumerable<string> FilesIn(string folder) => [FileIn(folder, Model), FileIn(folder, State)];

    /// <summary>Gets the path of a file in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="kind"><see cref="Model"/> or <see cref="State"/>.</param>
    public string FileIn(string folder, string kind) => Join(folder, $"{Name(kind)}.safetensors");

    /// <summary>Gets the path that stands for both files. No file has this name.</summary>
    public string PathIn(string folder) => Join(folder, Name(Path));

    /// <summary>Parses the path of a file.</summary>
    /// <returns>true if a part has files of that name; otherwise, false.</returns>
    public static bool TryParseFile(string path, out string kind, out PartName part) => TryParse(path, out kind, out part) && kind != Path;

    /// <summary>Parses a path of <see cref="PathIn"/>.</summary>
    /// <returns>true if the path is one; otherwise, false.</returns>
    public static bool TryParsePath(string path, out string folder, out PartName part)
    {
        folder = path[..Math.Max(0, path.LastIndexOfAny(['/', System.IO.Path.DirectorySeparatorChar]))];
        return TryParse(path, out var kind, out part) && kind == Path;
    }

    /// <summary>Returns the path of a file in a folder or below a URL.</summary>
    public static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder.TrimEnd('/')}/{name}";

    private static bool TryParse(string path, out string kind, out PartName part)
    {
        var match = Pattern().Match(path, path.LastIndexOfAny(['/', System.IO.Path.DirectorySeparatorChar]) + 1);
        (kind, part) = (match.Groups["kind"].Value, default);
        if (!match.Success || match.Groups["ending"].Success == (kind == Path))
        {
            return false;
        }

        part = new PartName(match.Groups["id"].Value, Parse(match.Groups["number"]), Parse(match.Groups["count"]));
        return part.Number >= 1 && part.Number <= part.Count;
    }

    private static int Parse(Group digits) => int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private string Name(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Number:d5}-of-{Count:d5}-{SaveId}");

    [GeneratedRegex(
        @"\G(?<kind>model|state|part)-(?<number>[0-9]{5})-of-(?<count>[0-9]{5})-(?<id>[0-9a-f]{20})(?<ending>\.safetensors)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
