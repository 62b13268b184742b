namespace Fulgurite.Callbacks;

/// <summary>Gradients of a batch are about to be computed.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Loss">The loss, divided by the number of batches that share a step.</param>
public readonly record struct OnBeforeBackwardArguments(Trainer Trainer, TrainingModule Module, TorchSharp.torch.Tensor Loss);
