using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>What a <see cref="BestInMemoryCheckpoint"/> keeps and when it writes it.</summary>
public sealed class BestInMemoryOptions : IValidatableObject
{
    /// <summary>The metric that says which state is the best. Default: <c>val_loss</c>.</summary>
    [Required]
    public string Monitor { get; set; } = "val_loss";

    /// <summary>Which values of the metric are better. Default: smaller ones.</summary>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>Whether the parameters and buffers alone are kept and written, and nothing else. Default: false, all that a training goes on from.</summary>
    public bool SaveWeightsOnly { get; set; }

    /// <summary>Where the file goes. Default: null, <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.</summary>
    public string? DirPath { get; set; }

    /// <summary>
    /// The name of the file, a template as that of <see cref="ModelCheckpointOptions.Filename"/>. Without <c>{step}</c> a run that goes on
    /// cannot tell which state an existing file holds, and leaves it alone. Default: <c>best-{epoch}-{step}</c>.
    /// </summary>
    [Required]
    public string Filename { get; set; } = "best-{epoch}-{step}";

    /// <summary>The ending of the file. Default: null, that of the format, such as <c>.ckpt</c> or <c>.safetensors</c>.</summary>
    public string? FileExtension { get; set; }

    /// <summary>
    /// How old the best state may get before it is written, so that a crash or power cut loses no more; it is written at the end of training
    /// in any case. Default: null, no matter.
    /// </summary>
    public TimeSpan? WriteAfter { get; set; }

    /// <summary>Whether it is written as soon as no other save is under way. Default: false.</summary>
    public bool WriteWhenIdle { get; set; }

    /// <summary>Whether a run that ends by an exception, or is told to stop, writes it. Default: true.</summary>
    public bool WriteOnException { get; set; } = true;

    /// <summary>Whether the best weights are put back into the module at the end of a fit. Default: false.</summary>
    public bool RestoreBest { get; set; }

    internal string? Validate => WriteAfter < TimeSpan.Zero
        ? $"WriteAfter is {WriteAfter}; it must be 0 or more."
        : CheckpointNaming.FindProblem(nameof(Filename), Filename);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Validate is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
