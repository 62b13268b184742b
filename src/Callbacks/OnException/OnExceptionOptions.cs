using System.ComponentModel.DataAnnotations;
using Fulgurite.Callbacks.Naming;

namespace Fulgurite.Callbacks;

/// <summary>Where an <see cref="OnExceptionCheckpoint"/> saves.</summary>
public sealed class OnExceptionOptions : IValidatableObject
{
    /// <summary>The folder. Default: null, <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.</summary>
    public string? DirPath { get; set; }

    /// <summary>The name of the file, without ending, a template as that of <see cref="ModelCheckpointOptions.Filename"/>. Default: <c>on_exception</c>.</summary>
    [Required]
    public string Filename { get; set; } = "on_exception";

    /// <summary>Whether a run that is told to stop (Ctrl-C, a host that shuts down) saves too. Default: true.</summary>
    public bool OnInterruption { get; set; } = true;

    internal string? Contradiction => CheckpointNaming.FindProblem(nameof(Filename), Filename);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Contradiction is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
