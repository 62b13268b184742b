using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="ModelCheckpoint"/>.</summary>
public sealed class ModelCheckpointOptions : IValidatableObject
{
    /// <summary>
    /// Gets or sets the folder of the files, where <c>~</c> is the home folder, or any path that the <see cref="CheckpointIO"/> supports,
    /// such as a URL; null for <c>checkpoints</c> in <see cref="TrainerOptions.DefaultRootDirectory"/>.
    /// </summary>
    /// <value>The default is null.</value>
    public string? DirPath { get; set; }

    /// <summary>
    /// Gets or sets the name of the best checkpoints without extension: <c>{epoch}</c>, <c>{step}</c> and the names of metrics in braces
    /// become <c>epoch=3</c> and so on, with an optional format such as <c>{val_loss:0.00}</c>.
    /// </summary>
    /// <value>The default is <c>{epoch}-{step}</c>.</value>
    [Required]
    public string Filename { get; set; } = CheckpointNaming.DefaultTemplate;

    /// <summary>Gets or sets the name of the file with the newest state, which is a template too.</summary>
    /// <value>The default is <c>last</c>.</value>
    [Required]
    public string LastFilename { get; set; } = "last";

    /// <summary>Gets or sets the file extension.</summary>
    /// <value>The default is null, for the extension of the format, such as <c>.ckpt</c> or <c>.safetensors</c>.</value>
    public string? FileExtension { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether <c>{val_loss}</c> in a name becomes <c>val_loss=0.5</c> rather than <c>0.5</c>.
    /// </summary>
    /// <value>The default is true.</value>
    public bool AutoInsertMetricName { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether the suffix <c>-v1</c> and so on is appended to a name that is taken. If false, the file is
    /// overwritten.
    /// </summary>
    /// <value>The default is true.</value>
    public bool EnableVersionCounter { get; set; } = true;

    /// <summary>Gets or sets the metric that determines the best checkpoints; null to keep the newest ones.</summary>
    /// <value>The default is null.</value>
    public string? Monitor { get; set; }

    /// <summary>Gets or sets whether smaller or larger values of the metric are better.</summary>
    /// <value>The default is <see cref="MonitorMode.Min"/>.</value>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>Gets or sets which of two checkpoints with the same metric is better.</summary>
    /// <value>The default is <see cref="TieRule.Earliest"/>.</value>
    public TieRule Ties { get; set; } = TieRule.Earliest;

    /// <summary>Gets or sets the number of best checkpoints to keep; 0 for none, -1 for all.</summary>
    /// <value>The default is 1.</value>
    [Range(-1, int.MaxValue)]
    public int SaveTopK { get; set; } = 1;

    /// <summary>Gets or sets the number N to keep every Nth checkpoint permanently, in addition to the best ones; 0 for none.</summary>
    /// <value>The default is 0.</value>
    [Range(0, int.MaxValue)]
    public int KeepEveryNth { get; set; }

    /// <summary>
    /// Gets or sets whether the newest state is saved in addition (<c>true</c>, <c>false</c>, or <c>"link"</c>): at every save, whether or
    /// not it is among the best, and at the end of training.
    /// </summary>
    /// <value>The default is false.</value>
    public SaveLast SaveLast { get; set; }

    /// <summary>Gets or sets the number of optimizer steps between checkpoints; 0 or null to not save by steps.</summary>
    /// <value>The default is null.</value>
    [Range(0, int.MaxValue)]
    public int? EveryNTrainSteps { get; set; }

    /// <summary>
    /// Gets or sets the number of epochs between checkpoints; 0 to not save by epochs; null to save every epoch if neither steps nor a time
    /// interval is set.
    /// </summary>
    /// <value>The default is null.</value>
    [Range(0, int.MaxValue)]
    public int? EveryNEpochs { get; set; }

    /// <summary>
    /// Gets or sets the time between checkpoints, which are saved at the end of the next batch; null to not save by time.
    /// </summary>
    /// <value>The default is null.</value>
    public TimeSpan? TrainTimeInterval { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether checkpoints by epochs are saved at the end of the epoch (true) or after each of its
    /// validations (false); null for validations if the run has any, and for the end of the epoch otherwise.
    /// </summary>
    /// <value>The default is null.</value>
    public bool? SaveOnTrainEpochEnd { get; set; }

    /// <summary>
    /// Gets or sets the maximum training time that a crash or power cut may lose; null for no limit. The newest state is saved at the
    /// required interval, based on the measured durations of saves and steps, and is kept regardless of <see cref="SaveLast"/>.
    /// </summary>
    /// <value>The default is null.</value>
    public TimeSpan? MaxDataLoss { get; set; }

    /// <summary>
    /// Gets or sets the maximum fraction of the training time that saves may take, such as 0.01; null for no limit. The newest state is
    /// saved as often as the limit allows. <see cref="MaxDataLoss"/> takes precedence; if both cannot be met, this is reported.
    /// </summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, 1)]
    public double? MaxOverhead { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether optimizers, callbacks and loops are omitted, so that training cannot be resumed.
    /// </summary>
    /// <value>The default is false.</value>
    public bool SaveWeightsOnly { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether an interrupted run (Ctrl-C, or a shutdown of the host) saves its newest state as the last
    /// checkpoint.
    /// </summary>
    /// <value>The default is true.</value>
    public bool SaveOnInterruption { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether a run that ends with an exception saves its newest state as the last checkpoint.
    /// </summary>
    /// <value>The default is false.</value>
    public bool SaveOnException { get; set; }

    /// <summary>Gets or sets a name that distinguishes the state of this callback from that of another one with the same options.</summary>
    /// <value>The default is null.</value>
    public string? Name { get; set; }

    /// <summary>Gets or sets a custom trigger, which replaces the options for steps, epochs and time.</summary>
    /// <value>The default is null.</value>
    public ICheckpointTrigger? Trigger { get; set; }

    /// <summary>Gets or sets a custom retention, which replaces <see cref="SaveTopK"/> and <see cref="KeepEveryNth"/>.</summary>
    /// <value>The default is null.</value>
    public ICheckpointRetention? Retention { get; set; }

    /// <summary>Gets or sets a custom naming, which replaces the options for names except for the templates.</summary>
    /// <value>The default is null.</value>
    public CheckpointNaming? Naming { get; set; }

    /// <summary>Gets the error in these options or in the templates; null if there is none.</summary>
    internal string? Validate =>
        Monitor is null && SaveTopK > 1 ? $"SaveTopK is {SaveTopK} and Monitor is not set: without a metric there are no best ones. "
            + "Set Monitor, or SaveTopK to -1 (all), 0 (none) or 1 (the newest)."
        : TrainTimeInterval < TimeSpan.Zero ? $"TrainTimeInterval is {TrainTimeInterval}; it must be 0 (every batch) or more."
        : MaxDataLoss <= TimeSpan.Zero ? $"MaxDataLoss is {MaxDataLoss}; it must be more than 0."
        : TriggersGiven > 1 ? "Of EveryNTrainSteps, EveryNEpochs, TrainTimeInterval and Trigger more than one is set. Keep one, "
        + "and add a second ModelCheckpoint for another."
        : CheckpointNaming.FindProblem(nameof(Filename), Filename) ?? CheckpointNaming.FindProblem(nameof(LastFilename), LastFilename);

    private int TriggersGiven =>
        (EveryNTrainSteps > 0 ? 1 : 0) + (EveryNEpochs > 0 ? 1 : 0) + (TrainTimeInterval is null ? 0 : 1) + (Trigger is null ? 0 : 1);

    /// <summary>Gets a value indicating whether saves are triggered by a durability target.</summary>
    internal bool HasGoal => MaxDataLoss is not null || MaxOverhead is not null;

    /// <summary>Gets how the newest state is saved; a durability target requires it.</summary>
    internal SaveLast Newest => HasGoal && !SaveLast.IsOn ? SaveLast.File : SaveLast;

    /// <summary>Gets the ranking of checkpoints; without a metric the newest is the best.</summary>
    internal CheckpointRanking Ranking => Monitor is null ? new(MonitorMode.Max) : new(Mode, Ties);

    internal ICheckpointTrigger MakeTrigger(TimeProvider time) => Trigger ?? (EveryNTrainSteps ?? 0, TrainTimeInterval, EveryNEpochs) switch
    {
        ( > 0, _, _) => new EveryNStepsTrigger(EveryNTrainSteps!.Value),
        (_, { } interval, _) => new TimeIntervalTrigger(interval, time),
        (_, _, 0) => new NeverTrigger(),
        _ => new EveryNEpochsTrigger(EveryNEpochs ?? 1, SaveOnTrainEpochEnd),
    };

    internal ICheckpointRetention MakeRetention()
    {
        ICheckpointRetention best = SaveTopK switch
        {
            < 0 => new KeepAll(),
            0 => new KeepNone(),
            _ => new KeepBest(SaveTopK, Ranking),
        };
        return Retention ?? (KeepEveryNth > 0 ? new KeepAny(best, new KeepEveryNth(KeepEveryNth)) : best);
    }

    internal CheckpointNaming MakeNaming(CheckpointIO io) =>
        Naming ?? new CheckpointNaming { Extension = FileExtension ?? io.FileExtension, AutoInsertMetricName = AutoInsertMetricName };

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Validate is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
