using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="ModelCheckpoint"/> saves, what it keeps, and under which names.</summary>
public sealed class ModelCheckpointOptions : IValidatableObject
{
    /// <summary>
    /// Where the files go: a folder, <c>~</c> being that of the user, or whatever the <see cref="CheckpointIO"/> understands, such as a
    /// URL. Default: null, <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.
    /// </summary>
    public string? DirPath { get; set; }

    /// <summary>
    /// The name of the files that are kept as the best, without ending: <c>{epoch}</c>, <c>{step}</c> and the name of any metric in
    /// braces become <c>epoch=3</c> and so on, with an optional format as in <c>{val_loss:0.00}</c>. Default: <c>{epoch}-{step}</c>.
    /// </summary>
    [Required]
    public string Filename { get; set; } = CheckpointNaming.DefaultTemplate;

    /// <summary>The name of the file that holds the newest state, a template too. Default: <c>last</c>.</summary>
    [Required]
    public string LastFilename { get; set; } = "last";

    /// <summary>The extension of every file. Default: null, that of the format, such as <c>.ckpt</c> or <c>.safetensors</c>.</summary>
    public string? FileExtension { get; set; }

    /// <summary>Whether <c>{val_loss}</c> in a name becomes <c>val_loss=0.5</c> rather than <c>0.5</c>. Default: true.</summary>
    public bool AutoInsertMetricName { get; set; } = true;

    /// <summary>Whether a name that is taken gets <c>-v1</c> and so on; else what is there is overwritten. Default: true.</summary>
    public bool EnableVersionCounter { get; set; } = true;

    /// <summary>The metric that says which checkpoints are the best; null to keep the newest ones. Default: null.</summary>
    public string? Monitor { get; set; }

    /// <summary>Which values of the metric are better. Default: smaller ones.</summary>
    public MonitorMode Mode { get; set; } = MonitorMode.Min;

    /// <summary>Which of two checkpoints with the same metric is better. Default: the earlier one.</summary>
    public TieRule Ties { get; set; } = TieRule.Earliest;

    /// <summary>How many of the best are kept; 0 for none, -1 for all. Default: 1.</summary>
    [Range(-1, int.MaxValue)]
    public int SaveTopK { get; set; } = 1;

    /// <summary>Every so manyth save is kept for good beside the best ones; 0 for none. Default: 0.</summary>
    [Range(0, int.MaxValue)]
    public int KeepEveryNth { get; set; }

    /// <summary>
    /// Whether the newest state is kept besides (<c>true</c>, <c>false</c>, or <c>"link"</c>): at every save, whether or not that is among
    /// the best, and at the end of training. Default: false.
    /// </summary>
    public SaveLast SaveLast { get; set; }

    /// <summary>After how many optimizer steps a checkpoint is saved; 0 or null for not by steps. Default: null.</summary>
    [Range(0, int.MaxValue)]
    public int? EveryNTrainSteps { get; set; }

    /// <summary>In which epochs a checkpoint is saved: those whose number, from one, this divides; 0 for none. Default: null, every one where neither steps nor time say when.</summary>
    [Range(0, int.MaxValue)]
    public int? EveryNEpochs { get; set; }

    /// <summary>After how much time a checkpoint is saved, at the end of the next batch. Default: null.</summary>
    public TimeSpan? TrainTimeInterval { get; set; }

    /// <summary>
    /// Whether epochs save at their end (true) or after each of their validations (false). Default: null, after validations where the run
    /// has some.
    /// </summary>
    public bool? SaveOnTrainEpochEnd { get; set; }

    /// <summary>
    /// How much training a crash or power cut may lose: saves the newest state often enough for that, by what saves and steps are measured
    /// to take. Keeps the newest state, whatever <see cref="SaveLast"/> says. Default: null.
    /// </summary>
    public TimeSpan? MaxDataLoss { get; set; }

    /// <summary>
    /// How much of the time of training saves may cost, such as 0.01: saves the newest state as often as that allows. Together with
    /// <see cref="MaxDataLoss"/>, which goes first, it is what is reported where both cannot be had. Default: null.
    /// </summary>
    [Range(double.Epsilon, 1)]
    public double? MaxOverhead { get; set; }

    /// <summary>Whether optimizers, callbacks and loops are left out, so that training cannot be resumed. Default: false.</summary>
    public bool SaveWeightsOnly { get; set; }

    /// <summary>Whether a run that is told to stop (Ctrl-C, a host that shuts down) saves its newest state as last. Default: true.</summary>
    public bool SaveOnInterruption { get; set; } = true;

    /// <summary>Whether a run that ends by an exception saves its newest state as last. Default: false.</summary>
    public bool SaveOnException { get; set; }

    /// <summary>Tells the state of this callback from that of another one with the same options. Default: null.</summary>
    public string? Name { get; set; }

    /// <summary>A trigger of one's own, instead of the options that say when. Default: null.</summary>
    public ICheckpointTrigger? Trigger { get; set; }

    /// <summary>A retention of one's own, instead of <see cref="SaveTopK"/> and <see cref="KeepEveryNth"/>. Default: null.</summary>
    public ICheckpointRetention? Retention { get; set; }

    /// <summary>Names of one's own making, instead of the options of names, templates besides. Default: null.</summary>
    public CheckpointNaming? Naming { get; set; }

    /// <summary>What is wrong with these options together, or with the template of the names; null for nothing.</summary>
    internal string? Validate =>
        Monitor is null && SaveTopK > 1 ? $"SaveTopK is {SaveTopK} and Monitor is not set: without a metric there are no best ones. Set Monitor, or SaveTopK to -1 (all), 0 (none) or 1 (the newest)."
        : SaveTopK < -1 ? $"SaveTopK is {SaveTopK}; it must be -1 (all) or more."
        : EveryNTrainSteps < 0 ? $"EveryNTrainSteps is {EveryNTrainSteps}; it must be 0 (never) or more."
        : EveryNEpochs < 0 ? $"EveryNEpochs is {EveryNEpochs}; it must be 0 (never) or more."
        : TrainTimeInterval < TimeSpan.Zero ? $"TrainTimeInterval is {TrainTimeInterval}; it must be 0 (every batch) or more."
        : MaxDataLoss <= TimeSpan.Zero ? $"MaxDataLoss is {MaxDataLoss}; it must be more than 0."
        : !Enum.IsDefined(Mode) ? $"Mode is {Mode}; it must be Min or Max."
        : TriggersGiven > 1 ? "Of EveryNTrainSteps, EveryNEpochs, TrainTimeInterval and Trigger more than one is set. Keep one, and add a second ModelCheckpoint for another."
        : CheckpointNaming.FindProblem(nameof(Filename), Filename) ?? CheckpointNaming.FindProblem(nameof(LastFilename), LastFilename);

    private int TriggersGiven =>
        (EveryNTrainSteps > 0 ? 1 : 0) + (EveryNEpochs > 0 ? 1 : 0) + (TrainTimeInterval is null ? 0 : 1) + (Trigger is null ? 0 : 1);

    /// <summary>Whether the newest state is saved by what may be lost or what saves may cost.</summary>
    internal bool HasGoal => MaxDataLoss is not null || MaxOverhead is not null;

    /// <summary>What becomes of the newest state: a goal needs it saved.</summary>
    internal SaveLast Newest => HasGoal && !SaveLast.IsOn ? SaveLast.File : SaveLast;

    /// <summary>The order of checkpoints; without a metric the newest is the best.</summary>
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
