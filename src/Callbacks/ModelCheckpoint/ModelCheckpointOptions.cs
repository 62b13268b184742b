using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="ModelCheckpoint"/> saves, what it keeps, and under which names.</summary>
public sealed class ModelCheckpointOptions : IValidatableObject
{
    /// <summary>Where the files go; null for <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>. Default: null.</summary>
    public string? DirPath { get; set; }

    /// <summary>
    /// The name of the files that are kept as the best, without ending: <c>{epoch}</c>, <c>{step}</c> and the name of any metric in
    /// braces become <c>epoch=3</c> and so on, with an optional format as in <c>{val_loss:0.00}</c>. Default: <c>{epoch}-{step}</c>.
    /// </summary>
    [Required]
    public string Filename { get; set; } = "{epoch}-{step}";

    /// <summary>The metric that says which checkpoints are the best; null to keep the newest ones. Default: null.</summary>
    public string? Monitor { get; set; }

    /// <summary>Which values of the metric are better. Default: smaller ones.</summary>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>How many of the best are kept; 0 for none, -1 for all. Default: 1.</summary>
    [Range(-1, int.MaxValue)]
    public int SaveTopK { get; set; } = 1;

    /// <summary>Whether the newest state is kept besides, as <c>last.ckpt</c>, at every save and at the end of training. Default: false.</summary>
    public bool SaveLast { get; set; }

    /// <summary>After how many optimizer steps a checkpoint is saved; null for after every validation, or every epoch where there is none. Default: null.</summary>
    [Range(1, int.MaxValue)]
    public int? EveryNTrainSteps { get; set; }

    /// <summary>Whether optimizers, callbacks and loops are left out, so that training cannot be resumed. Default: false.</summary>
    public bool SaveWeightsOnly { get; set; }

    /// <summary>Whether a run that is told to stop (Ctrl-C, a host that shuts down) saves its newest state as last. Default: true.</summary>
    public bool SaveOnInterruption { get; set; } = true;

    /// <summary>Whether a run that ends by an exception saves its newest state as last. Default: false.</summary>
    public bool SaveOnException { get; set; }

    /// <summary>What is wrong with these options together, or with the template of the names; null for nothing.</summary>
    internal string? Contradiction => Monitor is null && SaveTopK > 1
        ? $"SaveTopK is {SaveTopK} and Monitor is not set: without a metric there are no best ones. Set Monitor, or SaveTopK to -1 (all), 0 (none) or 1 (the newest)."
        : CheckpointName.FindProblem(Filename);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Contradiction is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
