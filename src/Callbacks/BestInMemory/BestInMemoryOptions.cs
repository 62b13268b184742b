using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="BestInMemoryCheckpoint"/>.</summary>
public sealed class BestInMemoryOptions : IValidatableObject
{
    /// <summary>Gets or sets the metric that determines the best state.</summary>
    /// <value>The default is <c>val_loss</c>.</value>
    [Required]
    public string Monitor { get; set; } = "val_loss";

    /// <summary>Gets or sets which values of the metric are better.</summary>
    /// <value>The default is <see cref="MonitorMode.Min"/>.</value>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>Gets or sets a value indicating whether only parameters and buffers are kept and written.</summary>
    /// <value>The default is false, for everything needed to resume.</value>
    public bool SaveWeightsOnly { get; set; }

    /// <summary>Gets or sets the folder of the file.</summary>
    /// <value>The default is null, for <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.</value>
    public string? DirPath { get; set; }

    /// <summary>
    /// Gets or sets the file name, a template like <see cref="ModelCheckpointOptions.Filename"/>. Without <c>{step}</c>, a resumed run
    /// cannot identify the state in an existing file, and does not overwrite it.
    /// </summary>
    /// <value>The default is <c>best-{epoch}-{step}</c>.</value>
    [Required]
    public string Filename { get; set; } = "best-{epoch}-{step}";

    /// <summary>Gets or sets the file extension.</summary>
    /// <value>The default is null, for the extension of the format, such as <c>.ckpt</c> or <c>.safetensors</c>.</value>
    public string? FileExtension { get; set; }

    /// <summary>
    /// Gets or sets the maximum age of the best state before it is written, to limit the loss in a crash or power cut. It is always written
    /// at the end of training.
    /// </summary>
    /// <value>The default is null, for no limit.</value>
    public TimeSpan? WriteAfter { get; set; }

    /// <summary>Gets or sets a value indicating whether the state is written when no other save is in progress.</summary>
    /// <value>The default is false.</value>
    public bool WriteWhenIdle { get; set; }

    /// <summary>Gets or sets a value indicating whether the state is written on an exception or a stop request.</summary>
    /// <value>The default is true.</value>
    public bool WriteOnException { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether the best weights are loaded into the module at the end of a fit.</summary>
    /// <value>The default is false.</value>
    public bool RestoreBest { get; set; }

    internal string? Validate => WriteAfter < TimeSpan.Zero
        ? $"WriteAfter is {WriteAfter}; it must be 0 or more."
        : CheckpointNaming.FindProblem(nameof(Filename), Filename);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Validate is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
