using System.Globalization;
using System.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What a fused optimizer keeps of a parameter, and how it steps.</summary>
internal abstract class FusedRule
{
    /// <summary>How many tensors it may keep of a parameter, at most three.</summary>
    public abstract int TensorCount { get; }

    /// <summary>How a sparse gradient is stepped with under these settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="fault">The setting that excludes it, and the remedy, as two sentences without the subject of the first.</param>
    public abstract SparseUse UseOfSparse(OptimizerOptions options, out string? fault);

    /// <summary>A tensor that is kept; null where there is none (yet).</summary>
    public abstract Tensor? Get(OptimizerState state, int index);

    /// <summary>Replaces a tensor that is kept.</summary>
    public abstract void Set(OptimizerState state, int index, Tensor tensor);

    /// <summary>Whether a tensor is needed under these settings.</summary>
    public abstract bool Needs(OptimizerOptions options, int index);

    /// <summary>What gradients are multiplied by in the steps that begin from now on.</summary>
    public double GradientScale { get; set; } = 1;

    /// <summary>Forgets the numbers of the step before.</summary>
    public abstract void Clear();

    /// <summary>Counts a step of a parameter.</summary>
    /// <param name="state">The state of the parameter.</param>
    /// <param name="options">The settings of its group.</param>
    /// <param name="isFirst">Whether tensors were made for this step.</param>
    /// <param name="isSparse">Whether only the rows of a sparse gradient are stepped.</param>
    /// <returns>Where the numbers of the step are kept.</returns>
    public abstract int Begin(OptimizerState state, OptimizerOptions options, bool isFirst, bool isSparse);

    /// <summary>Steps over a run of elements. On any thread.</summary>
    public abstract void Run<T>(in FusedMemory memory, long start, long count, int numbers)
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Steps by an operator of libtorch.</summary>
    public abstract void Operate(FusedTensors tensors, int numbers);
}

/// <summary>What a step does with a sparse gradient.</summary>
internal enum SparseUse
{
    /// <summary>It is refused.</summary>
    None,

    /// <summary>Only the rows of the gradient are updated; other rows and their moments do not change.</summary>
    Rows,

    /// <summary>It is made dense, because all rows change.</summary>
    Dense,
}

/// <summary>Adam and AdamW, whose states TorchSharp declares apart.</summary>
internal abstract class AdamRule(bool isDecoupled) : FusedRule
{
    private readonly List<AdamNumbers> _numbers = [];
    private (OptimizerOptions? Options, long Step, bool IsSparse) _last;

    public override int TensorCount => 3;

    public override Tensor? Get(OptimizerState state, int index) => Moment(state, index);

    public override void Set(OptimizerState state, int index, Tensor tensor) => Moment(state, index) = tensor;

    public override void Clear()
    {
        _numbers.Clear();
        _last = default;
    }

    public override void Run<T>(in FusedMemory memory, long start, long count, int numbers) =>
        AdamKernel.Run<T>(memory, start, count, _numbers[numbers], isDecoupled);

    public override void Operate(FusedTensors tensors, int numbers)
    {
        var own = _numbers[numbers];
        TorchOperators.Call(isDecoupled ? "aten::_fused_adamw_\0"u8 : "aten::_fused_adam_\0"u8, [
            TorchOperators.ToList(tensors.Parameters), TorchOperators.ToList(tensors.Gradients),
            TorchOperators.ToList(tensors.Kept[0]), TorchOperators.ToList(tensors.Kept[1]), TorchOperators.ToList(tensors.Kept[2]),
            TorchOperators.ToList(tensors.Steps(own.Step)),
            TorchOperators.ToBits(own.Rate), TorchOperators.ToBits(own.Beta1), TorchOperators.ToBits(own.Beta2),
            TorchOperators.ToBits(own.WeightDecay),
            TorchOperators.ToBits(own.Epsilon), TorchOperators.ToBits(tensors.Kept[2].Count > 0), TorchOperators.ToBits(own.Scale < 0), 0,
            0]);
    }

    /// <summary>Returns the use of sparse gradients: PyTorch's <c>SparseAdam</c> has neither weight decay nor a maximum.</summary>
    protected static SparseUse UseOfSparse(double weightDecay, bool amsgrad, out string? fault)
    {
        fault = weightDecay != 0
            ? string.Create(CultureInfo.InvariantCulture, $"its weight_decay is {weightDecay}. Set weight_decay to 0")
            : amsgrad ? "its amsgrad is true. Set amsgrad to false" : null;
        return fault is null ? SparseUse.Rows : SparseUse.None;
    }

    /// <summary>A moment: the mean of gradients, that of their squares, and its maximum.</summary>
    protected abstract ref Tensor Moment(OptimizerState state, int index);

    /// <summary>The numbers of a step; parameters of a group that are at the same step share them.</summary>
    protected int Numbers(
        OptimizerOptions options, long step, double beta1, double beta2, double epsilon, double weightDecay, bool maximize, bool isSparse)
    {
        if (ReferenceEquals(_last.Options, options) && _last.Step == step && _last.IsSparse == isSparse)
        {
            return _numbers.Count - 1;
        }

        _last = (options, step, isSparse);
        var rate = options.LearningRate!.Value;
        var root = Math.Sqrt(1 - Math.Pow(beta2, step));
        _numbers.Add(new AdamNumbers(
            beta1,
            beta2,

            // SparseAdam adds it to the root before the correction.
            isSparse ? epsilon / root : epsilon,
            weightDecay,
            1 - (rate * weightDecay),
            rate / (1 - Math.Pow(beta1, step)),
            root,
            maximize ? -GradientScale : GradientScale,
            rate,
            step));
        return _numbers.Count - 1;
    }
}
