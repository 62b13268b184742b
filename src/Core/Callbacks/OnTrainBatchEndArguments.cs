using Fulgurite.Loops;

namespace Fulgurite.Callbacks;

/// <summary>A training batch was used.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Batch">The batch, on the device.</param>
/// <param name="BatchIndex">Its number in the epoch, from zero.</param>
/// <param name="Stepped">Whether the optimizer stepped, which it does once a window of accumulation.</param>
public readonly record struct OnTrainBatchEndArguments(Trainer Trainer, TrainingModule Module, object Batch, int BatchIndex, bool Stepped)
{
    /// <summary>Its loss; null if the step returned none. To be read within the hook; the first to read it on a CUDA device waits for the step.</summary>
    public double? Loss => StepLoss?.Value;

    internal StepLoss? StepLoss { get; init; }
}
