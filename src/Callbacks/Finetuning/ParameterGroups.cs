using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Adds groups to an optimizer whose class is only known at run time.</summary>
internal static class ParameterGroups
{
    /// <summary>Adds a group with the defaults of the optimizer, except for the learning rate.</summary>
    public static void Add(optim.Optimizer optimizer, IReadOnlyCollection<Parameter> parameters, double learningRate)
    {
        // Each optimizer class accepts only its own class of groups, so the new group copies that of an existing one.
        if (optimizer.ParamGroups.FirstOrDefault() is not ParamGroup { Options: { } options } like
            || Activator.CreateInstance(like.GetType()) is not ParamGroup group
            || Activator.CreateInstance(options.GetType()) is not OptimizerOptions fresh)
        {
            throw new NotSupportedException($"{optimizer.GetType().Name} has no groups of parameters to add to. Use Adam, AdamW, SGD or another optimizer that has.");
        }

        fresh.LearningRate = learningRate;
        group.Parameters = parameters;
        group.Options = fresh;
        optimizer.add_param_group(group);
    }
}
