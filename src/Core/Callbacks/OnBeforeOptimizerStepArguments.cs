namespace Fulgurite.Callbacks;

/// <summary>Gradients of a window are complete and not clipped yet; the optimizer is about to step.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Optimizer">The optimizer.</param>
public readonly record struct OnBeforeOptimizerStepArguments(Trainer Trainer, TrainingModule Module, TorchSharp.torch.optim.Optimizer Optimizer);
