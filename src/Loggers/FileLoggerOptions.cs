using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Loggers;

/// <summary>Where a logger puts its file.</summary>
public abstract class FileLoggerOptions
{
    /// <summary>The folder; created if missing. <c>~</c> at its start is the home folder. Default: null, <c>logs</c> in the trainer's <see cref="TrainerOptions.DefaultRootDirectory"/>.</summary>
    public string? Directory { get; set; }

    /// <summary>The name of the file without its ending; a later run gets <c>-v1</c>, <c>-v2</c>, ... behind it. Default: metrics.</summary>
    [Required]
    [RegularExpression(@"[^/\\:*?""<>|]+", ErrorMessage = "Name is '{0}', which is no name of a file. Leave out / \\ : * ? \" < > |, and set Directory for another folder.")]
    public string Name { get; set; } = "metrics";

    /// <summary>Gets or sets whether a fit fails at its start if the file cannot be created; otherwise an error is logged and training continues.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Required { get; set; } = true;
}

/// <summary>Where a <see cref="CsvLogger"/> writes.</summary>
public sealed class CsvLoggerOptions : FileLoggerOptions;

/// <summary>Where a <see cref="JsonLinesLogger"/> writes.</summary>
public sealed class JsonLinesLoggerOptions : FileLoggerOptions;

/// <summary>Where an <see cref="HtmlReportLogger"/> writes, and how often.</summary>
public sealed class HtmlReportLoggerOptions : FileLoggerOptions
{
    /// <summary>Sets the name of the file. Default: report.</summary>
    public HtmlReportLoggerOptions() => Name = "report";

    /// <summary>What stands at the top. Default: null, the name of the module.</summary>
    public string? Title { get; set; }

    /// <summary>How much time passes at least between two reports of a run that is under way. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Where a <see cref="TensorBoardLogger"/> writes.</summary>
public sealed class TensorBoardLoggerOptions : FileLoggerOptions
{
    /// <summary>Sets the name under which TensorBoard shows the run: that of a folder. Default: run.</summary>
    public TensorBoardLoggerOptions() => Name = "run";
}
