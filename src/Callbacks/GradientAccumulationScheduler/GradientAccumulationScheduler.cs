using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Fulgurite.Composition;

namespace Fulgurite.Callbacks;

/// <summary>Changes at the start of epochs how many batches share an optimizer step.</summary>
/// <remarks>A window of accumulation ends with its epoch, so it never changes within one; a resumed run takes up the number of its epoch.</remarks>
/// <param name="options">From which epoch on how many; null for the defaults.</param>
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
                $"TrainerOptions.AccumulateGradBatches is {arguments.Trainer.Options.AccumulateGradBatches} and GradientAccumulationSchedulerOptions.Scheduling says {first} from epoch 0 on. Say it in one place.");
        }

        // A run that goes on within an epoch meets no start of it.
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

/// <summary>When a <see cref="GradientAccumulationScheduler"/> changes how many batches share an optimizer step.</summary>
public sealed class GradientAccumulationSchedulerOptions : IValidatableObject
{
    /// <summary>
    /// From the epoch of the key on, counted from zero, as many batches as the value says share a step. Before the first of them it is
    /// <see cref="TrainerOptions.AccumulateGradBatches"/>. Default: empty, which changes nothing.
    /// </summary>
    [Required]
    public IDictionary<int, int> Scheduling { get; init; } = new SortedDictionary<int, int>();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Scheduling.Where(entry => entry.Key < 0 || entry.Value < 1).Select(entry => new ValidationResult(string.Create(
            CultureInfo.InvariantCulture,
            $"Scheduling has {entry.Value} batches from epoch {entry.Key} on; allowed are epochs of 0 or more and 1 batch or more.")));
}
