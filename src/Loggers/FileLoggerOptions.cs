using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Loggers;

/// <summary>Where a logger puts its file.</summary>
public abstract class FileLoggerOptions
{
    /// <summary>The folder; made if it is missing. Default: null, <c>logs</c> in the trainer's <see cref="TrainerOptions.DefaultRootDirectory"/>.</summary>
    public string? Directory { get; set; }

    /// <summary>The name of the file without its ending; a later run gets <c>-v1</c>, <c>-v2</c>, ... behind it. Default: metrics.</summary>
    [Required]
    [RegularExpression(@"[^/\\:*?""<>|]+", ErrorMessage = "Name is '{0}', which is no name of a file. Leave out / \\ : * ? \" < > |, and set Directory for another folder.")]
    public string Name { get; set; } = "metrics";
}
