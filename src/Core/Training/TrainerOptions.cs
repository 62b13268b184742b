using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>How long a <see cref="Trainer"/> trains and what it does on the way.</summary>
public sealed class TrainerOptions : IValidatableObject
{
    /// <summary>The section of a configuration that holds these options.</summary>
    public const string SectionName = "Trainer";

    /// <summary>How many times the training data is gone through at most; null for no limit. Default: 1000.</summary>
    [Range(0, int.MaxValue)]
    public int? MaxEpochs { get; set; } = 1000;

    /// <summary>How many times the optimizer steps at most; null for no limit. Default: null.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxSteps { get; set; }

    /// <summary>How long a run trains at most, the time before it was resumed counted; null for no limit. It ends at the next step boundary. Default: null.</summary>
    public TimeSpan? MaxTime { get; set; }

    /// <summary>How many epochs are completed before a request to stop, or <see cref="MaxTime"/>, is heeded; null for none. Default: null.</summary>
    [Range(0, int.MaxValue)]
    public int? MinEpochs { get; set; }

    /// <summary>How many steps the optimizer makes before a request to stop, or <see cref="MaxTime"/>, is heeded; null for none. Default: null.</summary>
    [Range(0, long.MaxValue)]
    public long? MinSteps { get; set; }

    /// <summary>How many training batches of an epoch are used, or which fraction of them; null for all. Default: null.</summary>
    public BatchLimit? LimitTrainBatches { get; set; }

    /// <summary>How many batches of a validation are used, or which fraction; 0 for no validation, null for all. Default: null.</summary>
    public BatchLimit? LimitValidationBatches { get; set; }

    /// <summary>How many batches of a test are used, or which fraction; null for all. Default: null.</summary>
    public BatchLimit? LimitTestBatches { get; set; }

    /// <summary>How many batches are predicted for, or which fraction; null for all. Default: null.</summary>
    public BatchLimit? LimitPredictBatches { get; set; }

    /// <summary>
    /// How often a fit validates: after a number of training batches of an epoch, a fraction of it, or a time; null for the end of each
    /// epoch. Default: null.
    /// </summary>
    public ValidationInterval? ValidationInterval { get; set; }

    /// <summary>
    /// In which epochs a fit validates: in every n-th. Null counts training batches across epochs, so that
    /// <see cref="ValidationInterval"/> may be longer than one. Default: 1.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int? CheckValidationEveryNEpochs { get; set; } = 1;

    /// <summary>
    /// How many validation batches are tried before training begins, so that a mistake there shows at once; nothing of it stays, and a
    /// resumed run leaves it out. <see cref="int.MaxValue"/> tries all. Default: 0.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int SanityValidationSteps { get; set; }

    /// <summary>
    /// Tries everything with so many batches of each data and one epoch, without saving, logging or stopping early; 0 for a real run.
    /// Default: 0.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int FastDevRun { get; set; }

    /// <summary>
    /// Trains and validates with these few training batches, the same in every epoch, to see whether a model can learn them by heart; null for
    /// a real run. Default: null.
    /// </summary>
    public BatchLimit? OverfitBatches { get; set; }

    /// <summary>How many batches share one optimizer step; what is left at the end of an epoch steps too. Default: 1.</summary>
    [Range(1, int.MaxValue)]
    public int AccumulateGradBatches { get; set; } = 1;

    /// <summary>The largest Euclidean norm that all gradients together keep; null for no limit. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? GradientClipNorm { get; set; }

    /// <summary>The largest absolute value that an element of a gradient keeps; null for no limit. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? GradientClipValue { get; set; }

    /// <summary>After how many optimizer steps the newest metrics go to the loggers. Default: 50.</summary>
    [Range(1, int.MaxValue)]
    public int LogEveryNSteps { get; set; } = 50;

    /// <summary>Whether checkpoints are saved; if none is configured, a default one is. Default: true.</summary>
    public bool EnableCheckpointing { get; set; } = true;

    /// <summary>What a checkpoint that could not be saved does to the run. Default: it fails at its end.</summary>
    public CheckpointFailurePolicy OnCheckpointFailure { get; set; } = CheckpointFailurePolicy.FailAtEnd;

    /// <summary>
    /// How long a run that ends early, on a signal or by an exception, waits for what is still being saved; null for as long as that takes. What is
    /// not durable by then counts as failed. Default: ten minutes.
    /// </summary>
    public TimeSpan? DrainTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The directory for what has no directory of its own. Default: the current one.</summary>
    [Required]
    public string DefaultRootDirectory { get; set; } = ".";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxTime <= TimeSpan.Zero)
        {
            yield return new ValidationResult($"MaxTime is {MaxTime}; allowed is more than 00:00:00.");
        }

        if (GradientClipNorm is not null && GradientClipValue is not null)
        {
            yield return new ValidationResult("GradientClipNorm and GradientClipValue are both set. Choose one; to clip in another way override ConfigureGradientClipping in the module.");
        }

        if (LimitTrainBatches is { IsNone: true } || OverfitBatches is { IsNone: true })
        {
            yield return new ValidationResult($"{(LimitTrainBatches is { IsNone: true } ? nameof(LimitTrainBatches) : nameof(OverfitBatches))} is 0, so that there would be nothing to train with. Set it to a number of batches, or to null for all.");
        }

        if (CheckValidationEveryNEpochs is null && ValidationInterval is not ({ Batches: not null } or { Time: not null }))
        {
            yield return new ValidationResult($"CheckValidationEveryNEpochs is null and ValidationInterval is {ValidationInterval?.ToString() ?? "null"}. To count across epochs set it to a number of batches or a time.");
        }

        if (DrainTimeout <= TimeSpan.Zero)
        {
            yield return new ValidationResult($"DrainTimeout is {DrainTimeout}; allowed is more than 0, or nothing.");
        }

        if (MinEpochs > MaxEpochs || MinSteps > MaxSteps)
        {
            yield return new ValidationResult(MinEpochs > MaxEpochs
                ? $"MinEpochs is {MinEpochs}; allowed is at most MaxEpochs, {MaxEpochs}."
                : $"MinSteps is {MinSteps}; allowed is at most MaxSteps, {MaxSteps}.");
        }
    }

    /// <summary>The element type of parameters, buffers and batches; null for the types that the module and the data have. Default: null.</summary>
    /// <remarks>Mixed precision needs autocast, which TorchSharp has not: it is refused.</remarks>
    public Precision? Precision { get; set; }

    /// <summary>
    /// Seeds everything at the start of each fit that does not resume, as <see cref="Trainer.SeedEverything"/> does; null leaves the generators as
    /// they are. A module that is made before that has its weights from elsewhere: call <see cref="Trainer.SeedEverything"/> before
    /// making it; a training job does so with this seed. Default: null.
    /// </summary>
    public long? Seed { get; set; }

    /// <summary>
    /// Whether two runs from the same seed must be alike bit for bit. A fit is then refused without reproducible kernels
    /// (<see cref="ReproducibleKernels"/>), on any device but the CPU, and on a resume with another number of threads, other kernels, another
    /// processor or another version of libtorch. Default: false, which logs warnings instead.
    /// </summary>
    public bool Deterministic { get; set; }

    /// <summary>
    /// Whether a run ends at the first loss, gradient or parameter that is not finite, with an error that names it. It looks at every
    /// tensor in every step: for finding a fault, not for training. Default: false.
    /// </summary>
    public bool DetectAnomaly { get; set; }

    /// <summary>The options that a run goes by, which are others where <see cref="FastDevRun"/> or <see cref="OverfitBatches"/> is set.</summary>
    internal TrainerOptions ForRun()
    {
        var options = (TrainerOptions)MemberwiseClone();
        if (OverfitBatches is { } few)
        {
            (options.LimitTrainBatches, options.LimitValidationBatches) = (few, few);
        }

        if (FastDevRun > 0)
        {
            BatchLimit limit = FastDevRun;
            (options.LimitTrainBatches, options.LimitValidationBatches, options.LimitTestBatches, options.LimitPredictBatches) = (limit, limit, limit, limit);
            (options.MaxEpochs, options.MaxSteps, options.MaxTime, options.MinEpochs, options.MinSteps) = (1, FastDevRun, null, null, null);
            (options.ValidationInterval, options.CheckValidationEveryNEpochs, options.SanityValidationSteps) = (null, 1, 0);
        }

        return options;
    }
}

/// <summary>What a checkpoint that could not be saved does to the run. It is logged and told to callbacks in every case.</summary>
public enum CheckpointFailurePolicy
{
    /// <summary>Training goes on; at its end the fit throws.</summary>
    FailAtEnd,

    /// <summary>The fit throws at the next step boundary.</summary>
    Stop,

    /// <summary>Training goes on and the fit succeeds.</summary>
    Continue,
}
