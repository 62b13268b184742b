using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Reads the settings of parameter groups, which every optimizer of TorchSharp has in a class of its own.</summary>
public static class OptimizerSettings
{
    /// <summary>
    /// Returns the settings of a parameter group under PyTorch's names, e.g. <c>momentum</c>, <c>betas</c> and <c>weight_decay</c>; null for
    /// an optimizer that is not one of TorchSharp's.
    /// </summary>
    /// <param name="group">The group, from <see cref="optim.Optimizer.ParamGroups"/>.</param>
    public static StateMap? Of(optim.ILearningRateController group) =>
        group is ParamGroup { Options: { } options } ? OptimizerLayouts.Of(options)?.Capture(options) : null;
}
