using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// AdamW that reads and writes every value once a step, on the threads that libtorch computes with. Options and state are those of
/// <see cref="AdamW"/>: a run may change between the two, and Python's, when it resumes.
/// </summary>
/// <remarks>
/// Parameters are float32, float64 or bfloat16; of the last a copy in float32 is stepped and saved with the state (<c>master_param</c>). A
/// save in the background costs no copy of its own: the next step stores the old values while it computes the new ones. Parameters on other
/// devices than the CPU are stepped by the fused operators of libtorch, or where it does not export them, or a type or layout does not fit
/// them, by TorchSharp's operations.
/// </remarks>
public sealed class FusedAdamW : AdamW, IFusedOptimizer
{
    private readonly FusedStepper _stepper;

    /// <summary>Creates an optimizer of one group.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="beta1">The share of the mean of gradients that stays in a step.</param>
    /// <param name="beta2">The share of the mean of their squares that stays in a step.</param>
    /// <param name="eps">Added to the divisor.</param>
    /// <param name="weight_decay">
    /// The share of a parameter that a step of the rate 1 takes off. The default is that of PyTorch; TorchSharp's <c>optim.AdamW</c> has 0.
    /// </param>
    /// <param name="amsgrad">Whether the divisor never gets smaller.</param>
    /// <param name="maximize">Whether the objective is maximized.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    public FusedAdamW(
        IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
        double weight_decay = 1e-2, bool amsgrad = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    {
    }

    /// <summary>Creates an optimizer of several groups, which may have options of their own.</summary>
    /// <inheritdoc cref="FusedAdamW(IEnumerable{Parameter}, double, double, double, double, double, bool, bool)"/>
    public FusedAdamW(
        IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
        double weight_decay = 1e-2, bool amsgrad = false, bool maximize = false)
        : base(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize) =>
        _stepper = new FusedStepper(nameof(FusedAdamW), new Rule(), () => _parameter_groups, parameter => _state[parameter.Handle]);

    FusedStepper IFusedOptimizer.Stepper => _stepper;

    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _stepper.Step(closure, () => base.step());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _stepper?.Dispose();
    }

    private sealed class Rule() : AdamRule(isDecoupled: true)
    {
        public override bool Needs(OptimizerOptions options, int index) => index < 2 || ((Options)options).amsgrad == true;

        public override SparseUse UseOfSparse(OptimizerOptions options, out string? fault) =>
            UseOfSparse(((Options)options).weight_decay ?? 0, ((Options)options).amsgrad == true, out fault);

        public override int Begin(OptimizerState state, OptimizerOptions options, bool isFirst, bool isSparse)
        {
            var own = (Options)options;
            return Numbers(
                options, ++((State)state).step, own.beta1!.Value, own.beta2!.Value, own.eps!.Value, own.weight_decay ?? 0,
                own.maximize == true, isSparse);
        }

        protected override ref Tensor Moment(OptimizerState state, int index)
        {
            var own = (State)state;
            if (index == 0)
            {
                return ref own.exp_avg;
            }

            return ref index == 1 ? ref own.exp_avg_sq : ref own.max_exp_avg_sq;
        }
    }
}
