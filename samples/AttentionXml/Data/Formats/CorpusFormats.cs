using System.Text.RegularExpressions;

namespace AttentionXml.Data.Formats;

/// <summary>The known formats by name, and the detection of a format by the first line of a file.</summary>
internal static partial class CorpusFormats
{
    public const string Auto = "auto", Text = "text", XC = "xc", LibSvm = "libsvm", Json = "json";

    public static readonly string[] Names = [Auto, Text, XC, LibSvm, Json];

    /// <summary>Creates the format with a name for one file; <see cref="Auto"/> detects it from the first line.</summary>
    /// <exception cref="FormatException">The first line has no known format.</exception>
    public static CorpusFormat Create(string name, string firstLine) => name switch
    {
        Text => new TextFormat(),
        XC => new XCFormat(),
        LibSvm => new LibSvmFormat(),
        Json => new JsonLinesFormat(),
        Auto when firstLine.StartsWith('{') => new JsonLinesFormat(),
        Auto when firstLine.Contains('\t', StringComparison.Ordinal) => new TextFormat(),
        Auto when XCHeader().IsMatch(firstLine) => new XCFormat(),
        Auto when LibSvmLine().IsMatch(firstLine) => new LibSvmFormat(),
        Auto => throw new FormatException(
            "this is none of the known formats: LibMultiLabel text ([ID TAB] labels TAB text), the extreme classification "
            + "repository's (first line 'points features labels', then 'l1,l2 f:v f:v'; or JSON objects), or LibSVM ('l1,l2 f:v f:v'). "
            + "Name one with --format."),
        _ => throw new ArgumentException($"'{name}' is no format; known are {string.Join(", ", Names)}.", nameof(name)),
    };

    [GeneratedRegex(@"^\s*\d+\s+\d+\s+\d+\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex XCHeader();

    [GeneratedRegex(@"^(\d+(,\d+)*)?(\s+\d+:\S+)+\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LibSvmLine();
}
