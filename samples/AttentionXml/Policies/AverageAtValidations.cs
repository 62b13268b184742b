using Fulgurite;
using Fulgurite.Callbacks;
using TorchSharp;
using static TorchSharp.torch;

namespace AttentionXml.Policies;

/// <summary>Averages the weights before each validation from an epoch on, as the reference implementation does.</summary>
/// <param name="firstEpoch">The first averaged epoch, from zero.</param>
/// <param name="interval">The number of optimizer steps between two validations.</param>
/// <param name="steps">The number of optimizer steps of all epochs, which end with a validation.</param>
internal sealed class AverageAtValidations(int firstEpoch, int interval, long steps) : WeightAveraging
{
    protected override bool ShouldUpdateAfterStep(Trainer trainer, long step) =>
        trainer.CurrentEpoch >= firstEpoch && (step % interval == 0 || step == steps);

    protected override void Average(Tensor average, Tensor current, long averagedCount)
    {
        // A variable, because libtorch reads it after the call has converted its operands.
        using Scalar share = 1.0 / (averagedCount + 1);
        average.add_(current.sub(average), alpha: share);
    }
}
