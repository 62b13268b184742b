namespace Fulgurite.Callbacks;

/// <summary>Gradients of the last step are about to be let go, after the first training step of a window and before its backward.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Module">The module that it trains.</param>
/// <param name="Optimizer">The optimizer.</param>
public readonly record struct OnBeforeZeroGradArguments(Trainer Trainer, TrainingModule Module, TorchSharp.torch.optim.Optimizer Optimizer);
