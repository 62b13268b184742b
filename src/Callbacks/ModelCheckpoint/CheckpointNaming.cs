using System.Globalization;
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
    /// The template: <c>{epoch}</c>, <c>{step}</c> and the name of any metric in braces, each with a number format of .NET if need be,
    /// as in <c>{val_loss:0.00}</c>. Empty for <see cref="DefaultTemplate"/>.
    /// </param>
    /// <param name="epoch">The number of the epoch, from zero; a metric of the name <c>epoch</c> goes first.</param>
    /// <param name="step">Optimizer steps done; a metric of the name <c>step</c> goes first.</param>
    /// <param name="metrics">The metrics by name.</param>
    /// <param name="prefix">The prefix; null for none.</param>
    /// <returns>The name without extension; slashes in the template create folders.</returns>
    /// <exception cref="InvalidOperationException">The template contains a metric that was never logged.</exception>
    public virtual string Format(string? template, int epoch, long step, IReadOnlyDictionary<string, double> metrics, string? prefix = null)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var name = Field().Replace(string.IsNullOrEmpty(template) ? DefaultTemplate : template, match =>
        {
            var key = match.Groups["name"].Value;
            var text = Value(key, match.Groups["format"].Value, epoch, step, metrics);
            return AutoInsertMetricName ? Inserted(key) + text : text;
        });
        return string.IsNullOrEmpty(prefix) ? name : prefix + JoinText + name;
    }

    /// <summary>The file of a name in a version.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">Its version; zero for the plain name.</param>
    public virtual string WithVersion(string name, int version) =>
        version == 0 ? name + Extension : string.Create(CultureInfo.InvariantCulture, $"{name}{JoinText}v{version}{Extension}");

    /// <summary>Determines whether a template can produce a file name, in any version.</summary>
    /// <param name="template">The template.</param>
    /// <param name="file">The file name without folder.</param>
    public virtual bool Matches(string template, string file)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(file);
        var pattern = new StringBuilder();
        var end = 0;
        foreach (Match field in Field().Matches(template))
        {
            Literally(template[end..field.Index]).Append(Pattern(field));
            end = field.Index + field.Length;
        }

        Literally(template[end..]);
        var version = $"({Regex.Escape(JoinText)}v[0-9]+)?";
        return Regex.IsMatch(file, $"^{pattern}{version}{Regex.Escape(Extension)}$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

        StringBuilder Literally(string text)
        {
            // What stands before a slash is a folder; one in braces is none.
            var folder = text.LastIndexOfAny(['/', '\\']);
            return (folder < 0 ? pattern : pattern.Clear()).Append(Regex.Escape(text[(folder + 1)..]));
        }
    }

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

        foreach (Match match in Field().Matches(template))
        {
            var format = match.Groups["format"].Value;
            if (PythonFormat().IsMatch(format) || !IsFormat(format))
            {
                return $"{option} is '{template}', and '{format}' is no number format of .NET. Write 0.00 for two decimals, or 000 for three digits.";
            }
        }

        return null;
    }

    private string Pattern(Match field)
    {
        var name = field.Groups["name"].Value;
        return (AutoInsertMetricName ? Regex.Escape(Inserted(name)) : string.Empty)
            + (name is "epoch" or "step" && field.Groups["format"].Length == 0 ? "[0-9]+" : ".+");
    }

    // A metric such as val/loss names no folder.
    private string Inserted(string name) => name.Replace('/', '-').Replace('\\', '-') + EqualsText;

    private static string Value(string name, string format, int epoch, long step, IReadOnlyDictionary<string, double> metrics) => name switch
    {
        "epoch" => Whole(name, epoch, metrics).ToString(format, CultureInfo.InvariantCulture),
        "step" => Whole(name, step, metrics).ToString(format, CultureInfo.InvariantCulture),
        _ when metrics.TryGetValue(name, out var metric) => metric.ToString(format.Length == 0 ? "0.####" : format, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException(
            $"The name of a checkpoint asks for the metric '{name}', which was not logged. Logged so far: {string.Join(", ", metrics.Keys)}."),
    };

    private static long Whole(string name, long value, IReadOnlyDictionary<string, double> metrics) =>
        metrics.TryGetValue(name, out var logged) ? (long)logged : value;

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

    [GeneratedRegex(@"\{(?<name>[^{}:]+)(:(?<format>[^{}]*))?\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}

/// <summary>Finds paths for new checkpoints, so that none lands on a file that is not the callback's own, and claims them against other runs.</summary>
internal sealed class CheckpointPaths(CheckpointDirectory directory, CheckpointNaming naming, bool countsVersions, Trainer trainer)
{
    // Null in a process that leaves storage to another one, and where versions are not counted and another run has the name.
    private readonly Dictionary<string, IDisposable?> _claims = new(StringComparer.Ordinal);

    public CheckpointDirectory Directory => directory;

    /// <summary>Takes the first version of a name that is free, or whose file is to be replaced anyway.</summary>
    /// <param name="name">The name without ending.</param>
    /// <param name="mayReplace">Whether a file of the callback's own may be overwritten.</param>
    public string Reserve(string name, Func<string, bool> mayReplace)
    {
        for (var version = 0; ; version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(name, version)];
            if (_claims.ContainsKey(path) ? mayReplace(path) || !countsVersions : TryTake(path, mayBeThere: !countsVersions) || !countsVersions)
            {
                return path;
            }
        }
    }

    /// <summary>Takes a path that an earlier run has left; false where another run goes on with it, whose own it then is.</summary>
    public bool TakeOver(string path) => _claims.ContainsKey(path) || TryTake(path, mayBeThere: Exists(path));

    public void GiveBack(string path)
    {
        if (_claims.Remove(path, out var claim))
        {
            claim?.Dispose();
        }
    }

    /// <summary>Gives all names back when the run has ended: what is there from now on belongs to whoever goes on with it.</summary>
    /// <param name="pending">Saves that nobody waits for any longer, and that may still be written.</param>
    public void GiveBackAll(IEnumerable<SaveOperation> pending)
    {
        var claims = _claims.Values.OfType<IDisposable>().ToList();
        _claims.Clear();
        _ = Task.WhenAll(pending.Select(operation => operation.Completion)).ContinueWith(
            _ => claims.ForEach(claim => claim.Dispose()),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public bool Exists(string path)
    {
        var exists = trainer.Strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        return trainer.Strategy.WorldSize > 1 ? trainer.Strategy.ReduceDecision(exists, all: false) : exists;
    }

    /// <summary>Claims a path; of several processes that train together the one that writes does.</summary>
    private bool TryTake(string path, bool mayBeThere)
    {
        var strategy = trainer.Strategy;
        var claim = strategy.IsGlobalZero
            ? strategy.CheckpointIO.TryClaimAsync(path, mayBeThere, CancellationToken.None).GetAwaiter().GetResult()
            : null;
        var isTaken = strategy.WorldSize > 1 ? strategy.ReduceDecision(claim is not null, all: false) : claim is not null;
        if (isTaken || !countsVersions)
        {
            _claims[path] = claim;
        }

        return isTaken;
    }
}
