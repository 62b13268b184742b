namespace Fulgurite.Callbacks;

/// <summary>One step of a search for a learning rate.</summary>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="Loss">The loss before it, averaged over the batches that share the step.</param>
/// <param name="SmoothedLoss">The loss, smoothed over the steps so far.</param>
public readonly record struct LearningRatePoint(double LearningRate, double Loss, double SmoothedLoss);
