using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Loggers;

/// <summary>The base class of the options of file loggers.</summary>
public abstract class FileLoggerOptions
{
    /// <summary>
    /// Gets or sets the folder, which is created if it does not exist; null for the folder <c>logs</c> in
    /// <see cref="TrainerOptions.DefaultRootDirectory"/> of the trainer.
    /// </summary>
    /// <value>The default is null.</value>
    public string? Directory { get; set; }

    /// <summary>Gets or sets the file name without extension; later runs append <c>-v1</c>, <c>-v2</c>, ...</summary>
    /// <value>The default is <c>metrics</c>, <c>report</c> (HTML) or <c>run</c> (TensorBoard).</value>
    [Required]
    [RegularExpression(
        @"[^/\\:*?""<>|]+",
        ErrorMessage = "A file name has none of / \\ : * ? \" < > |. Remove them, and set Directory for another folder.")]
    public string Name { get; set; } = "metrics";

    /// <summary>
    /// Gets or sets whether a fit fails at its start if the file cannot be created; otherwise an error is logged and training continues.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool Required { get; set; } = true;
}

/// <summary>Options of <see cref="CsvLogger"/>.</summary>
public sealed class CsvLoggerOptions : FileLoggerOptions;

/// <summary>Options of <see cref="JsonLinesLogger"/>.</summary>
public sealed class JsonLinesLoggerOptions : FileLoggerOptions;

/// <summary>Options of <see cref="HtmlReportLogger"/>.</summary>
public sealed class HtmlReportLoggerOptions : FileLoggerOptions
{
    /// <summary>Initializes the options with the file name <c>report</c>.</summary>
    public HtmlReportLoggerOptions() => Name = "report";

    /// <summary>Gets or sets the title of the report; null for the name of the module.</summary>
    /// <value>The default is null.</value>
    public string? Title { get; set; }

    /// <summary>Gets or sets the minimum time between two updates of the report during a run.</summary>
    /// <value>The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ConvertValueInInvariantCulture = true, ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Options of <see cref="TensorBoardLogger"/>.</summary>
public sealed class TensorBoardLoggerOptions : FileLoggerOptions
{
    /// <summary>Initializes the options with the name <c>run</c>, the name of the folder and of the run in TensorBoard.</summary>
    public TensorBoardLoggerOptions() => Name = "run";
}
