namespace Fulgurite.Jobs;

/// <summary>The job of a trainer, a keyed service.</summary>
/// <param name="Module">What it trains.</param>
internal sealed record TrainingJobChoice(Type Module);
