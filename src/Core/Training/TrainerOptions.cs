using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>The options of a <see cref="Trainer"/>.</summary>
public sealed class TrainerOptions : IValidatableObject
{
    /// <summary>Gets or sets the maximum number of epochs; null for no limit.</summary>
    /// <value>The default is 1000.</value>
    [Range(0, int.MaxValue)]
    public int? MaxEpochs { get; set; } = 1000;

    /// <summary>Gets or sets the maximum number of optimizer steps; null for no limit.</summary>
    /// <value>The default is null.</value>
    [Range(0, long.MaxValue)]
    public long? MaxSteps { get; set; }

    /// <summary>
    /// Gets or sets the maximum training time, including the time before a resume; null for no limit. The run ends at the next step
    /// boundary.
    /// </summary>
    /// <value>The default is null.</value>
    public TimeSpan? MaxTime { get; set; }

    /// <summary>
    /// Gets or sets the minimum number of epochs before a stop request or <see cref="MaxTime"/> takes effect; null for no minimum.
    /// </summary>
    /// <value>The default is null.</value>
    [Range(0, int.MaxValue)]
    public int? MinEpochs { get; set; }

    /// <summary>
    /// Gets or sets the minimum number of optimizer steps before a stop request or <see cref="MaxTime"/> takes effect; null for no minimum.
    /// </summary>
    /// <value>The default is null.</value>
    [Range(0, long.MaxValue)]
    public long? MinSteps { get; set; }

    /// <summary>Gets or sets the number or fraction of training batches used in an epoch; null for all.</summary>
    /// <value>The default is null.</value>
    public BatchLimit? LimitTrainBatches { get; set; }

    /// <summary>
    /// Gets or sets the number or fraction of batches used in a validation; 0 for no validation, null for all.
    /// </summary>
    /// <value>The default is null.</value>
    public BatchLimit? LimitValidationBatches { get; set; }

    /// <summary>Gets or sets the number or fraction of batches used in a test; null for all.</summary>
    /// <value>The default is null.</value>
    public BatchLimit? LimitTestBatches { get; set; }

    /// <summary>Gets or sets the number or fraction of batches used in a prediction run; null for all.</summary>
    /// <value>The default is null.</value>
    public BatchLimit? LimitPredictBatches { get; set; }

    /// <summary>
    /// Gets or sets how often a fit validates: after a number of training batches, a fraction of an epoch, or a time; null for the end of
    /// each epoch.
    /// </summary>
    /// <value>The default is null.</value>
    public ValidationInterval? ValidationInterval { get; set; }

    /// <summary>
    /// Gets or sets the interval between epochs with validations: 1 for every epoch, 2 for every other one. Null counts training batches
    /// across epochs, so that <see cref="ValidationInterval"/> may exceed an epoch.
    /// </summary>
    /// <value>The default is 1.</value>
    [Range(1, int.MaxValue)]
    public int? CheckValidationEveryNEpochs { get; set; } = 1;

    /// <summary>
    /// Gets or sets a value indicating whether a fit also validates at the end of its last epoch, that of <see cref="MaxEpochs"/>, if no
    /// validation is due there.
    /// </summary>
    /// <value>The default is false.</value>
    public bool ValidateAtEnd { get; set; }

    /// <summary>
    /// Gets or sets the number of validation batches of the sanity check before training, which detects errors early. Its results are
    /// discarded, and a resumed run skips it. <see cref="int.MaxValue"/> uses all batches.
    /// </summary>
    /// <value>The default is 0.</value>
    [Range(0, int.MaxValue)]
    public int SanityValidationSteps { get; set; }

    /// <summary>
    /// Gets or sets the number of batches of a trial run, which uses this number of batches of each data set for one epoch, without saving,
    /// logging or early stopping; 0 for a real run.
    /// </summary>
    /// <value>The default is 0.</value>
    [Range(0, int.MaxValue)]
    public int FastDevRun { get; set; }

    /// <summary>
    /// Gets or sets the number or fraction of training batches to overfit: the run trains and validates on the same batches in every epoch,
    /// to check whether the model can memorize them; null for a real run.
    /// </summary>
    /// <value>The default is null.</value>
    public BatchLimit? OverfitBatches { get; set; }

    /// <summary>
    /// Gets or sets the number of batches per optimizer step. An incomplete window at the end of an epoch is stepped too.
    /// </summary>
    /// <value>The default is 1.</value>
    [Range(1, int.MaxValue)]
    public int AccumulateGradBatches { get; set; } = 1;

    /// <summary>Gets or sets the maximum Euclidean norm of all gradients together; null for no limit.</summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double? GradientClipNorm { get; set; }

    /// <summary>Gets or sets the maximum absolute value of a gradient element; null for no limit.</summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double? GradientClipValue { get; set; }

    /// <summary>Gets or sets the number of optimizer steps between two reports of step metrics to the loggers.</summary>
    /// <value>The default is 50.</value>
    [Range(1, int.MaxValue)]
    public int LogEveryNSteps { get; set; } = 50;

    /// <summary>
    /// Gets or sets whether checkpoints are saved. If no checkpoint callback is configured, a default one is added.
    /// </summary>
    /// <value>The default is true.</value>
    public bool EnableCheckpointing { get; set; } = true;

    /// <summary>Gets or sets the effect of a failed save on the run.</summary>
    /// <value>The default is <see cref="CheckpointFailurePolicy.FailAtEnd"/>.</value>
    public CheckpointFailurePolicy OnCheckpointFailure { get; set; } = CheckpointFailurePolicy.FailAtEnd;

    /// <summary>
    /// Gets or sets how long a run that ends early, by a signal or an exception, waits for pending saves; null for no limit. Saves that are
    /// not durable by then are reported as failed.
    /// </summary>
    /// <value>The default is ten minutes.</value>
    public TimeSpan? DrainTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets the root directory for output without a configured directory.</summary>
    /// <value>The default is the current directory.</value>
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
            yield return new ValidationResult(
                "GradientClipNorm and GradientClipValue are both set. Choose one; "
                    + "to clip in another way override ConfigureGradientClipping in the module.");
        }

        if (LimitTrainBatches is { IsNone: true } || OverfitBatches is { IsNone: true })
        {
            yield return new ValidationResult(
                $"{(LimitTrainBatches is { IsNone: true } ? nameof(LimitTrainBatches) : nameof(OverfitBatches))} is 0, so that there would "
                    + "be nothing to train with. Set it to a number of batches, or to null for all.");
        }

        if (CheckValidationEveryNEpochs is null && ValidationInterval is not ({ Batches: not null } or { Time: not null }))
        {
            yield return new ValidationResult(
                $"CheckValidationEveryNEpochs is null and ValidationInterval is {ValidationInterval?.ToString() ?? "null"}. "
                    + "To count across epochs set it to a number of batches or a time.");
        }

        if (DrainTimeout <= TimeSpan.Zero)
        {
            yield return new ValidationResult($"DrainTimeout is {DrainTimeout}; allowed is more than 0, or null.");
        }

        if (MinEpochs > MaxEpochs || MinSteps > MaxSteps)
        {
            yield return new ValidationResult(MinEpochs > MaxEpochs
                ? $"MinEpochs is {MinEpochs}; allowed is at most MaxEpochs, {MaxEpochs}."
                : $"MinSteps is {MinSteps}; allowed is at most MaxSteps, {MaxSteps}.");
        }
    }

    /// <summary>
    /// Gets or sets the element type of parameters, buffers and batches; null to keep the types of the module and the data.
    /// </summary>
    /// <value>The default is null.</value>
    /// <remarks>
    /// <see cref="Precision.MixedBFloat16"/> requires a libtorch that exports its autocast functions, as those for Linux do.
    /// </remarks>
    public Precision? Precision { get; set; }

    /// <summary>
    /// Gets or sets the seed that is set at the start of each fit that does not resume, as by <see cref="Trainer.SeedEverything"/>; null to
    /// leave the generators unchanged. The weights of a module that was created earlier do not depend on it: call
    /// <see cref="Trainer.SeedEverything"/> before creating the module. A training job does so with this seed.
    /// </summary>
    /// <value>The default is null.</value>
    public long? Seed { get; set; }

    /// <summary>
    /// Gets or sets whether runs with the same seed must be bitwise identical. A fit then fails without reproducible kernels
    /// (<see cref="ReproducibleKernels"/>), on any device but the CPU, and on a resume with a different number of threads, other kernels,
    /// another processor or another version of libtorch. If false, warnings are logged instead.
    /// </summary>
    /// <value>The default is false.</value>
    public bool Deterministic { get; set; }

    /// <summary>
    /// Gets or sets whether a run ends at the first loss, gradient or parameter that is not finite, with an error that names it. Checks
    /// every tensor in every step; intended for debugging.
    /// </summary>
    /// <value>The default is false.</value>
    public bool DetectAnomaly { get; set; }

    /// <summary>
    /// Gets or sets whether Ctrl-C and SIGTERM stop a fit at the next step boundary, if the call has no cancellation token. Pending
    /// checkpoints are written first, a message on standard error states what was saved, and the exit code of the process becomes 130 or
    /// 143. A second Ctrl-C ends the process at once. With a token, as in a host, the caller handles signals.
    /// </summary>
    /// <value>The default is true.</value>
    public bool StopOnSignals { get; set; } = true;

    /// <summary>Returns the effective options of a run, adjusted for <see cref="FastDevRun"/> and <see cref="OverfitBatches"/>.</summary>
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
            (options.LimitTrainBatches, options.LimitValidationBatches, options.LimitTestBatches, options.LimitPredictBatches) =
                (limit, limit, limit, limit);
            (options.MaxEpochs, options.MaxSteps, options.MaxTime, options.MinEpochs, options.MinSteps) = (1, FastDevRun, null, null, null);
            (options.ValidationInterval, options.CheckValidationEveryNEpochs, options.SanityValidationSteps) = (null, 1, 0);
        }

        return options;
    }
}

/// <summary>
/// Specifies the effect of a failed save on the run. The failure is always logged and reported to callbacks.
/// </summary>
public enum CheckpointFailurePolicy
{
    /// <summary>Training continues; the fit throws at its end.</summary>
    FailAtEnd,

    /// <summary>The fit throws at the next step boundary.</summary>
    Stop,

    /// <summary>Training continues and the fit succeeds.</summary>
    Continue,
}
