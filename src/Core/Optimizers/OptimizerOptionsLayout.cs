using Fulgurite.State;
using TorchSharp.Modules;

namespace Fulgurite.Optimizers;

/// <summary>The settings of a parameter group under PyTorch's names.</summary>
internal static class OptimizerOptionsLayout
{
    public static StateMap Capture(OptimizerOptions options)
    {
        var group = new StateMap { ["lr"] = Number(options.LearningRate), ["initial_lr"] = Number(options.InitialLearningRate) };
        switch (options)
        {
            case Adam.Options adam:
                group["betas"] = new StateList([Number(adam.beta1), Number(adam.beta2)], isTuple: true);
                group["eps"] = Number(adam.eps);
                group["weight_decay"] = Number(adam.weight_decay);
                group["amsgrad"] = adam.amsgrad ?? false;
                group["maximize"] = adam.maximize ?? false;
                AddPythonOnly(group, "foreach", "capturable");
                break;
            case AdamW.Options adam:
                group["betas"] = new StateList([Number(adam.beta1), Number(adam.beta2)], isTuple: true);
                group["eps"] = Number(adam.eps);
                group["weight_decay"] = Number(adam.weight_decay);
                group["amsgrad"] = adam.amsgrad ?? false;
                group["maximize"] = adam.maximize ?? false;
                AddPythonOnly(group, "foreach", "capturable");
                break;
            case SGD.Options sgd:
                group["momentum"] = Number(sgd.momentum);
                group["dampening"] = Number(sgd.dampening);
                group["weight_decay"] = Number(sgd.weight_decay);
                group["nesterov"] = sgd.nesterov ?? false;
                group["maximize"] = sgd.maximize ?? false;
                AddPythonOnly(group, "foreach");
                break;
            default:
                throw Unknown(options);
        }

        return group;
    }

    public static void Apply(StateMap group, OptimizerOptions options)
    {
        options.LearningRate = Number(group, "lr") ?? options.LearningRate;
        options.InitialLearningRate = Number(group, "initial_lr") ?? options.InitialLearningRate;
        switch (options)
        {
            case Adam.Options adam:
                (adam.beta1, adam.beta2) = Betas(group, adam.beta1, adam.beta2);
                adam.eps = Number(group, "eps") ?? adam.eps;
                adam.weight_decay = Number(group, "weight_decay") ?? adam.weight_decay;
                adam.amsgrad = Switch(group, "amsgrad") ?? adam.amsgrad;
                adam.maximize = Switch(group, "maximize") ?? adam.maximize;
                break;
            case AdamW.Options adam:
                (adam.beta1, adam.beta2) = Betas(group, adam.beta1, adam.beta2);
                adam.eps = Number(group, "eps") ?? adam.eps;
                adam.weight_decay = Number(group, "weight_decay") ?? adam.weight_decay;
                adam.amsgrad = Switch(group, "amsgrad") ?? adam.amsgrad;
                adam.maximize = Switch(group, "maximize") ?? adam.maximize;
                break;
            case SGD.Options sgd:
                sgd.momentum = Number(group, "momentum") ?? sgd.momentum;
                sgd.dampening = Number(group, "dampening") ?? sgd.dampening;
                sgd.weight_decay = Number(group, "weight_decay") ?? sgd.weight_decay;
                sgd.nesterov = Switch(group, "nesterov") ?? sgd.nesterov;
                sgd.maximize = Switch(group, "maximize") ?? sgd.maximize;
                break;
            default:
                throw Unknown(options);
        }
    }

    private static StateValue Number(double? value) => value is { } number ? number : StateValue.Null;

    private static double? Number(StateMap group, string name) =>
        group.TryGetValue(name, out var value) && value is not StateNull ? value.AsReal() : null;

    private static bool? Switch(StateMap group, string name) =>
        group.TryGetValue(name, out var value) && value is not StateNull ? value.AsBoolean() : null;

    private static (double? First, double? Second) Betas(StateMap group, double? first, double? second) =>
        group.TryGetValue("betas", out var value) ? (value.AsList()[0].AsReal(), value.AsList()[1].AsReal()) : (first, second);

    // PyTorch's optimizers look these up without a default after loading.
    private static void AddPythonOnly(StateMap group, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            group[name] = name == "foreach" ? StateValue.Null : false;
        }
    }

    private static NotSupportedException Unknown(OptimizerOptions options) =>
        new($"The settings of {options.GetType().DeclaringType?.Name ?? options.GetType().Name} are not known to checkpoints. Use Adam, AdamW or SGD, or save the weights only (SaveWeightsOnly).");
}
