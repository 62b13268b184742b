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
