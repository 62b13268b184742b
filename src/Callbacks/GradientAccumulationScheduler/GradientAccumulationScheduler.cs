using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>Changes the number of batches per optimizer step at the start of given epochs.</summary>
/// <remarks>
/// An accumulation window ends with its epoch, so the number never changes within one. A resumed run uses that of its epoch.
/// </remarks>
/// <param name="options">The options; null for the defaults.</param>
[Plugin("gradient-accumulation-scheduler")]
public sealed class GradientAccumulationScheduler(GradientAccumulationSchedulerOptions? options = null)
    : Callback, IConfigurable<GradientAccumulationSchedulerOptions>
{
    /// <inheritdoc/>
    public GradientAccumulationSchedulerOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        if (arguments.Trainer.Options.AccumulateGradBatches != 1 && Options.Scheduling.TryGetValue(0, out var first))
        {
            throw new InvalidOperationException(
                $"TrainerOptions.AccumulateGradBatches is {arguments.Trainer.Options.AccumulateGradBatches} and "
                    + $"GradientAccumulationSchedulerOptions.Scheduling is {first} from epoch 0 on. Set only one of them.");
        }

        // A run that resumes within an epoch has no start of that epoch.
        Apply(arguments.Trainer);
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Apply(arguments.Trainer);

    private void Apply(Trainer trainer)
    {
        var begun = Options.Scheduling.Keys.Where(epoch => epoch <= trainer.CurrentEpoch).ToList();
        trainer.AccumulateGradBatches = begun.Count == 0 ? trainer.Options.AccumulateGradBatches : Options.Scheduling[begun.Max()];
    }
}

/// <summary>Options of <see cref="GradientAccumulationScheduler"/>.</summary>
public sealed class GradientAccumulationSchedulerOptions : IValidatableObject
{
    /// <summary>
    /// Gets the numbers of batches per optimizer step, by the zero-based epoch at which each takes effect. Before the first entry,
    /// <see cref="TrainerOptions.AccumulateGradBatches"/> applies.
    /// </summary>
    /// <value>The default is empty, for no change.</value>
    [Required]
    public IDictionary<int, int> Scheduling { get; init; } = new SortedDictionary<int, int>();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Scheduling.Where(entry => entry.Key < 0 || entry.Value < 1).Select(entry => new ValidationResult(string.Create(
            CultureInfo.InvariantCulture,
            $"Scheduling has {entry.Value} batches from epoch {entry.Key} on; allowed are epochs of 0 or more and 1 batch or more.")));
}
