using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulgurite.Callbacks;

/// <summary>Creates file names from templates. Derive from it to customize file names.</summary>
public partial class CheckpointNaming
{
    /// <summary>The default template.</summary>
    public const string DefaultTemplate = "{epoch}-{step}";

    /// <summary>Gets the file extension.</summary>
    /// <value>The default is <c>.ckpt</c>.</value>
    public string Extension { get; init; } = ".ckpt";

    /// <summary>Gets a value indicating whether <c>{val_loss}</c> becomes <c>val_loss=0.5</c> rather than <c>0.5</c>.</summary>
    /// <value>The default is true.</value>
    public bool AutoInsertMetricName { get; init; } = true;

    /// <summary>Gets the text between a name and its value.</summary>
    /// <value>The default is <c>=</c>.</value>
    public string EqualsText { get; init; } = "=";

    /// <summary>Gets the text before a version, and after a prefix.</summary>
    /// <value>The default is <c>-</c>.</value>
    public string JoinText { get; init; } = "-";

    /// <summary>Gets the version of the first file whose plain name is taken.</summary>
    /// <value>The default is 1.</value>
    public int StartingVersion { get; init; } = 1;

    /// <summary>Formats a file name.</summary>
    /// <param name="template">
    /// The template: <c>{epoch}</c>, <c>{step}</c> and the names of metrics in braces, each with an optional .NET number format, such as
    /// <c>{val_loss:0.00}</c>. If empty, <see cref="DefaultTemplate"/> is used.
    /// </param>
    /// <param name="epoch">The zero-based number of the epoch; a metric named <c>epoch</c> takes precedence.</param>
    /// <param name="step">The number of optimizer steps; a metric named <c>step</c> takes precedence.</param>
    /// <param name="metrics">The metrics by name.</param>
    /// <param name="prefix">The prefix; null for none.</param>
    /// <returns>The name without extension; slashes in the template create folders.</returns>
    /// <exception cref="InvalidOperationException">The template contains a metric that was never logged.</exception>
    public virtual string Format(string? template, int epoch, long step, IReadOnlyDictionary<string, double> metrics, string? prefix = null)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var name = Field().Replace(string.IsNullOrEmpty(template) ? DefaultTemplate : template, match =>
        {
            var field = match.Groups["field"].Value;
            foreach (var (key, format) in Readings(field))
            {
                if (Value(key, format, epoch, step, metrics) is { } text)
                {
                    return (AutoInsertMetricName ? Inserted(key) : string.Empty) + AllowedText(text);
                }
            }

            throw new InvalidOperationException(
                $"The checkpoint name contains the metric '{Readings(field).Last().Name}', which was not logged. Logged so far: "
                    + $"{string.Join(", ", metrics.Keys)}.");
        });
        return string.IsNullOrEmpty(prefix) ? name : prefix + JoinText + name;
    }

    /// <summary>Returns the file name of a version.</summary>
    /// <param name="name">The name without extension.</param>
    /// <param name="version">The version; zero for the plain name.</param>
    public virtual string WithVersion(string name, int version) =>
        ShortFileName.Of(name, version == 0 ? Extension : string.Create(CultureInfo.InvariantCulture, $"{JoinText}v{version}{Extension}"));

    /// <summary>Determines whether a template can produce a file name, in any version.</summary>
    /// <param name="template">The template.</param>
    /// <param name="file">The file name without folder.</param>
    public virtual bool Matches(string template, string file)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(file);
        var (pattern, literal) = (new StringBuilder(), string.Empty);
        var (end, isPlain) = (0, true);
        foreach (Match field in Field().Matches(template))
        {
            Literally(template[end..field.Index]);
            pattern.Append(Pattern(field.Groups["field"].Value));
            (end, isPlain) = (field.Index + field.Length, false);
        }

        Literally(template[end..]);
        var version = $"({Regex.Escape(JoinText)}v[0-9]+)?{Regex.Escape(Extension)}$";
        return Find($"^{pattern}{version}").Success
            || (ShortFileName.MayBeCut(file)
                && Find($"^(?<kept>.*){ShortFileName.Digest}{version}") is { Success: true } cut
                && ShortFileName.BeginsAlike(cut.Groups["kept"].ValueSpan, literal));

        Match Find(string whole) => Regex.Match(file, whole, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

        void Literally(string text)
        {
            // What stands before a slash is a folder; one in braces is none.
            var folder = text.LastIndexOfAny(['/', '\\']);
            if (folder >= 0)
            {
                pattern.Clear();
                (literal, isPlain) = (string.Empty, true);
            }

            pattern.Append(Regex.Escape(text[(folder + 1)..]));
            literal = isPlain ? literal + text[(folder + 1)..] : literal;
        }
    }

    /// <summary>
    /// Returns a name that is the same in all processes: that of rank 0, unless epoch and step determine it. The metrics of a step differ
    /// between processes.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="name">Its name in this process.</param>
    /// <param name="trainer">The trainer.</param>
    internal string Agree(string? template, string name, Trainer trainer) =>
        GetType() == typeof(CheckpointNaming)
        && Field().Matches(string.IsNullOrEmpty(template) ? DefaultTemplate : template)
            .All(match => Readings(match.Groups["field"].Value).Last().Name is "epoch" or "step")
            ? name
            : trainer.Strategy.Collectives.Broadcast(name);

    /// <summary>Returns the error in a template; null if there is none.</summary>
    /// <param name="option">The name of the option with the template.</param>
    /// <param name="template">The template.</param>
    internal static string? FindProblem(string option, string? template)
    {
        if (string.IsNullOrWhiteSpace(template))
        {
            return $"{option} is empty. Give a name, such as {DefaultTemplate}.";
        }

        if (Path.IsPathRooted(template) || template.Split('/', '\\').Contains("..", StringComparer.Ordinal))
        {
            return $"{option} is '{template}', which leaves the folder of the checkpoints. Set DirPath for another folder.";
        }

        var literal = Field().Replace(template, string.Empty);
        if (literal.FirstOrDefault(IsForbidden) is var forbidden and not '\0')
        {
            return $"{option} is '{template}', and '{forbidden}' is not allowed in a file name. Remove it.";
        }

        if (literal.AsSpan().ContainsAny('{', '}'))
        {
            return $"{option} is '{template}', which has a brace without its counterpart or without a name. Write a field as {{epoch}}.";
        }

        foreach (Match match in Field().Matches(template))
        {
            var field = match.Groups["field"].Value;
            var format = field[(field.LastIndexOf(':') is var colon and >= 0 ? colon + 1 : field.Length)..];
            if (PythonFormat().IsMatch(format) || !IsFormat(format))
            {
                return $"{option} is '{template}', and '{format}' is no number format of .NET. Write 0.00 for two decimals, "
                    + "or 000 for three digits.";
            }
        }

        return null;
    }

    /// <summary>
    /// The possible interpretations of a field, longest name first: a metric name may contain a colon, which also separates the format.
    /// </summary>
    private static IEnumerable<(string Name, string Format)> Readings(string field)
    {
        yield return (field, string.Empty);
        for (var colon = field.LastIndexOf(':'); colon > 0; colon = field.LastIndexOf(':', colon - 1))
        {
            yield return (field[..colon], field[(colon + 1)..]);
        }
    }

    private string Pattern(string field) => $"({string.Join('|', Readings(field).Select(Pattern))})";

    private string Pattern((string Name, string Format) reading) =>
        (AutoInsertMetricName ? Regex.Escape(Inserted(reading.Name)) : string.Empty)
        + (reading is { Name: "epoch" or "step", Format.Length: 0 } ? "[0-9]+" : ".+");

    private string Inserted(string name) => AllowedText(name) + EqualsText;

    /// <summary>
    /// Replaces characters that separate folders (val/loss) or that some system does not allow, so that a folder can be moved to any
    /// system.
    /// </summary>
    private static string AllowedText(string text) => string.Concat(
        text.Select(letter => char.IsControl(letter) || "/\\:*?\"<>|".Contains(letter, StringComparison.Ordinal) ? '-' : letter));

    /// <summary>Returns whether this system forbids a character of the template; slashes create folders.</summary>
    private static bool IsForbidden(char letter) =>
        char.IsControl(letter) || (letter is not ('/' or '\\') && Array.IndexOf(Path.GetInvalidFileNameChars(), letter) >= 0);

    private static string? Value(string name, string format, int epoch, long step, IReadOnlyDictionary<string, double> metrics) =>
        name switch
        {
            "epoch" => epoch.ToString(format, CultureInfo.InvariantCulture),
            "step" => step.ToString(format, CultureInfo.InvariantCulture),
            _ when metrics.TryGetValue(name, out var metric) => metric.ToString(
                format.Length == 0 ? "0.####" : format, CultureInfo.InvariantCulture),
            _ => null,
        };

    private static bool IsFormat(string format)
    {
        try
        {
            _ = 0.5.ToString(format, CultureInfo.InvariantCulture);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^0?\d*[dfeg]$|^0?\d*\.\d+[fe]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PythonFormat();

    [GeneratedRegex(@"\{(?<field>[^{}]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}

/// <summary>Keeps file names within the limit of 255 bytes that file systems impose.</summary>
internal static class ShortFileName
{
    /// <summary>The pattern of the end of a truncated name.</summary>
    public const string Digest = "~[0-9a-f]{8}";

    private const int MostBytes = 255;
    private const int DigestLength = 9;

    /// <summary>Joins a name and its suffix. A name that is too long is truncated and followed by a hash of the full name.</summary>
    /// <param name="name">The name; slashes create folders.</param>
    /// <param name="ending">The suffix.</param>
    public static string Of(string name, string ending)
    {
        var folder = name.LastIndexOf('/') + 1;
        var file = name[folder..];
        var room = MostBytes - Encoding.UTF8.GetByteCount(ending);
        if (Encoding.UTF8.GetByteCount(file) <= room)
        {
            return name + ending;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)).AsSpan(0, 4));
        var kept = 0;
        room -= DigestLength;
        foreach (var rune in file.EnumerateRunes().TakeWhile(rune => (room -= rune.Utf8SequenceLength) >= 0))
        {
            kept += rune.Utf16SequenceLength;
        }

        return $"{name[..(folder + kept)]}~{digest}{ending}";
    }

    /// <summary>Returns whether a name may have been truncated: it then uses all bytes, except for a part of a character.</summary>
    public static bool MayBeCut(string file) => Encoding.UTF8.GetByteCount(file) > MostBytes - 4;

    /// <summary>Returns whether two prefixes may belong to the same name.</summary>
    public static bool BeginsAlike(ReadOnlySpan<char> one, ReadOnlySpan<char> other) =>
        one.CommonPrefixLength(other) == Math.Min(one.Length, other.Length);
}
