using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The layouts of all TorchSharp optimizers with a readable state.</summary>
internal static class OptimizerLayouts
{
    private static readonly OptimizerLayout[] All =
    [
        new OptimizerLayout<Adam.State, Adam.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("exp_avg", state => state.exp_avg, (state, value) => state.exp_avg = value!)
            .Tensor("exp_avg_sq", state => state.exp_avg_sq, (state, value) => state.exp_avg_sq = value!)
            .Tensor("max_exp_avg_sq", state => state.max_exp_avg_sq, (state, value) => state.max_exp_avg_sq = value!)
            .Pair(
                "betas", options => (options.beta1, options.beta2),
                (options, first, second) => (options.beta1, options.beta2) = (first, second))
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("amsgrad", options => options.amsgrad, (options, value) => options.amsgrad = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value)
            .Constant("capturable", false),
        new OptimizerLayout<AdamW.State, AdamW.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("exp_avg", state => state.exp_avg, (state, value) => state.exp_avg = value!)
            .Tensor("exp_avg_sq", state => state.exp_avg_sq, (state, value) => state.exp_avg_sq = value!)
            .Tensor("max_exp_avg_sq", state => state.max_exp_avg_sq, (state, value) => state.max_exp_avg_sq = value!)
            .Pair(
                "betas", options => (options.beta1, options.beta2),
                (options, first, second) => (options.beta1, options.beta2) = (first, second))
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("amsgrad", options => options.amsgrad, (options, value) => options.amsgrad = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value)
            .Constant("capturable", false),
        new OptimizerLayout<SGD.State, SGD.Options>()

            // With maximize, PyTorch negates the gradient, and TorchSharp the step.
            .Tensor(
                "momentum_buffer", state => state.momentum_buffer, (state, value) => state.momentum_buffer = value!,
                options => options.maximize == true)
            .Setting("momentum", options => options.momentum, (options, value) => options.momentum = value)
            .Setting("dampening", options => options.dampening, (options, value) => options.dampening = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("nesterov", options => options.nesterov, (options, value) => options.nesterov = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value),
        new OptimizerLayout<Adamax.State, Adamax.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("exp_avg", state => state.exp_avg, (state, value) => state.exp_avg = value!)
            .Tensor("exp_inf", state => state.exp_inf, (state, value) => state.exp_inf = value!)
            .Pair(
                "betas", options => (options.beta1, options.beta2),
                (options, first, second) => (options.beta1, options.beta2) = (first, second))
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Constant("maximize", false),
        new OptimizerLayout<NAdam.State, NAdam.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Number("mu_product", state => state.mu_product, (state, value) => state.mu_product = value)
            .Tensor("exp_avg", state => state.exp_avg, (state, value) => state.exp_avg = value!)
            .Tensor("exp_avg_sq", state => state.exp_avg_sq, (state, value) => state.exp_avg_sq = value!)
            .Pair(
                "betas", options => (options.beta1, options.beta2),
                (options, first, second) => (options.beta1, options.beta2) = (first, second))
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Setting("momentum_decay", options => options.momentum_decay, (options, value) => options.momentum_decay = value),
        new OptimizerLayout<RAdam.State, RAdam.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("exp_avg", state => state.exp_avg, (state, value) => state.exp_avg = value!)
            .Tensor("exp_avg_sq", state => state.exp_avg_sq, (state, value) => state.exp_avg_sq = value!)
            .Pair(
                "betas", options => (options.beta1, options.beta2),
                (options, first, second) => (options.beta1, options.beta2) = (first, second))
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value),
        new OptimizerLayout<Adagrad.State, Adagrad.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("sum", state => state.sum, (state, value) => state.sum = value!)
            .Setting("lr_decay", options => options.lr_decay, (options, value) => options.lr_decay = value)
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Setting(
                "initial_accumulator_value", options => options.initial_accumulator_value,
                (options, value) => options.initial_accumulator_value = value)
            .Constant("maximize", false),
        new OptimizerLayout<Adadelta.State, Adadelta.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("square_avg", state => state.square_avg, (state, value) => state.square_avg = value!)
            .Tensor("acc_delta", state => state.acc_delta, (state, value) => state.acc_delta = value!)
            .Setting("rho", options => options.rho, (options, value) => options.rho = value)
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value),
        new OptimizerLayout<ASGD.State, ASGD.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Number("eta", state => state.eta, (state, value) => state.eta = value)
            .Number("mu", state => state.mu, (state, value) => state.mu = value)
            .Tensor("ax", state => state.ax, (state, value) => state.ax = value!)
            .Setting("lambd", options => options.lambd, (options, value) => options.lambd = value)
            .Setting("alpha", options => options.alpha, (options, value) => options.alpha = value)
            .Setting("t0", options => options.t0, (options, value) => options.t0 = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value),
        new OptimizerLayout<RMSProp.State, RMSProp.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("square_avg", state => state.square_avg, (state, value) => state.square_avg = value!)
            .Tensor("momentum_buffer", state => state.momentum_buffer, (state, value) => state.momentum_buffer = value!)
            .Tensor("grad_avg", state => state.grad_avg, (state, value) => state.grad_avg = value!)
            .Setting("momentum", options => options.momentum, (options, value) => options.momentum = value)
            .Setting("alpha", options => options.alpha, (options, value) => options.alpha = value)
            .Setting("eps", options => options.eps, (options, value) => options.eps = value)
            .Switch("centered", options => options.centered, (options, value) => options.centered = value)
            .Setting("weight_decay", options => options.weight_decay, (options, value) => options.weight_decay = value)
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value)
            .Constant("differentiable", false),
        new OptimizerLayout<Rprop.State, Rprop.Options>()
            .Step(state => state.step, (state, value) => state.step = value)
            .Tensor("prev", state => state.prev, (state, value) => state.prev = value!)
            .Tensor("step_size", state => state.step_size, (state, value) => state.step_size = value!)
            .Pair(
                "etas", options => (options.etaminus, options.etaplus),
                (options, first, second) => (options.etaminus, options.etaplus) = (first, second))
            .Pair(
                "step_sizes", options => (options.min_step, options.max_step),
                (options, first, second) => (options.min_step, options.max_step) = (first, second))
            .Switch("maximize", options => options.maximize, (options, value) => options.maximize = value),
    ];

    /// <summary>Returns the layout of an optimizer with these settings, or null if it is not a TorchSharp optimizer.</summary>
    public static OptimizerLayout? Of(OptimizerOptions options) => Array.Find(All, layout => layout.IsOf(options));
}

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
