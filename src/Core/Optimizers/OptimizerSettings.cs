using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Reads the settings of parameter groups, for which every TorchSharp optimizer has its own class.</summary>
public static class OptimizerSettings
{
    /// <summary>
    /// Returns the settings of a parameter group under PyTorch's names, e.g. <c>momentum</c>, <c>betas</c> and <c>weight_decay</c>, or null
    /// if the optimizer is not a TorchSharp optimizer.
    /// </summary>
    /// <param name="group">The group, from <see cref="optim.Optimizer.ParamGroups"/>.</param>
    public static StateMap? Of(optim.ILearningRateController group) =>
        group is ParamGroup { Options: { } options } ? OptimizerLayouts.Of(options)?.Capture(options) : null;
}
