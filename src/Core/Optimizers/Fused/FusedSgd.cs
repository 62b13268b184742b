using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// SGD that reads and writes every value once a step, on the threads that libtorch computes with. Options and state are those of
/// <see cref="SGD"/>: a run may change between the two, and Python's, when it resumes.
/// </summary>
/// <remarks>
/// See <see cref="FusedAdamW"/>. Where it maximizes with weight decay it computes what PyTorch does: the decay makes parameters smaller,
/// where TorchSharp's makes them larger. Of a sparse gradient only the rows are
/// stepped; momentum and weight decay change all rows, and make it dense first.
/// </remarks>
public sealed class FusedSgd : SGD, IFusedOptimizer
{
    private readonly FusedStepper _stepper;

    /// <summary>Creates an optimizer of one group.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="momentum">The share of the momentum that stays in a step; zero for none.</param>
    /// <param name="dampening">The share of a gradient that does not get into the momentum.</param>
    /// <param name="weight_decay">The multiple of a parameter that is added to its gradient.</param>
    /// <param name="nesterov">Whether the step looks ahead along the momentum.</param>
    /// <param name="maximize">Whether the objective is maximized.</param>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    public FusedSgd(
        IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0,
        bool nesterov = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
    {
    }

    /// <summary>Creates an optimizer of several groups, which may have options of their own.</summary>
    /// <inheritdoc cref="FusedSgd(IEnumerable{Parameter}, double, double, double, double, bool, bool)"/>
    public FusedSgd(
        IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0,
        bool nesterov = false, bool maximize = false)
        : base(parameters, lr, momentum, dampening, weight_decay, nesterov, maximize) =>
        _stepper = new FusedStepper(nameof(FusedSgd), new Rule(), () => _parameter_groups, parameter => _state[parameter.Handle]);

    FusedStepper IFusedOptimizer.Stepper => _stepper;

    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _stepper.Step(closure, () => base.step());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _stepper?.Dispose();
    }

    private sealed class Rule : FusedRule
    {
        private readonly List<SgdNumbers> _numbers = [];

        public override int TensorCount => 1;

        public override SparseUse UseOfSparse(OptimizerOptions options, out string? fault)
        {
            fault = null;
            return (Options)options is { momentum: null or 0, weight_decay: null or 0 } ? SparseUse.Rows : SparseUse.Dense;
        }

        public override bool Needs(OptimizerOptions options, int index) => ((Options)options).momentum is not (null or 0);

        public override Tensor? Get(OptimizerState state, int index) => ((State)state).momentum_buffer;

        public override void Set(OptimizerState state, int index, Tensor tensor) => ((State)state).momentum_buffer = tensor;

        public override void Clear() => _numbers.Clear();

        public override int Begin(OptimizerState state, OptimizerOptions options, bool isFirst, bool isSparse)
        {
            var own = (Options)options;
            var maximize = own.maximize == true;
            var rate = own.LearningRate!.Value;
            var decay = own.weight_decay ?? 0;
            var numbers = new SgdNumbers(
                maximize ? rate : -rate, maximize ? -decay : decay, own.momentum ?? 0, 1 - (own.dampening ?? 0), isFirst,
                own.nesterov == true, GradientScale);
            if (_numbers.Count == 0 || _numbers[^1] != numbers)
            {
                _numbers.Add(numbers);
            }

            return _numbers.Count - 1;
        }

        public override void Operate(FusedTensors tensors, int numbers)
        {
            // Where it maximizes, rate and decay are negative: the momentum is that of the gradients themselves, as in TorchSharp's state.
            var own = _numbers[numbers];
            TorchOperators.Call("aten::_fused_sgd_\0"u8, [
                TorchOperators.ToList(tensors.Parameters), TorchOperators.ToList(tensors.Gradients), TorchOperators.ToList(tensors.Kept[0]),
                TorchOperators.ToBits(own.WeightDecay), TorchOperators.ToBits(own.Momentum), TorchOperators.ToBits(-own.Step),
                TorchOperators.ToBits(1 - own.Rest),
                TorchOperators.ToBits(own.IsNesterov), TorchOperators.ToBits(false), TorchOperators.ToBits(own.IsFirst), 0, 0]);
        }

        public override void Run<T>(in FusedMemory memory, long start, long count, int numbers) =>
            SgdKernel.Run<T>(memory, start, count, _numbers[numbers]);
    }
}
