using System.Numerics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What a fused optimizer keeps of a parameter, and how it steps.</summary>
internal abstract class FusedRule
{
    /// <summary>How many tensors it may keep of a parameter, at most three.</summary>
    public abstract int TensorCount { get; }

    /// <summary>Whether a sparse gradient is stepped with as a dense one; else it is refused.</summary>
    public virtual bool TakesSparse => false;

    /// <summary>Whether settings are such that the step is <c>parameter += rate * gradient</c>.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="rate">The rate, negative unless it maximizes.</param>
    public virtual bool IsPlain(OptimizerOptions options, out double rate)
    {
        rate = 0;
        return false;
    }

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
    /// <returns>Where the numbers of the step are kept.</returns>
    public abstract int Begin(OptimizerState state, OptimizerOptions options, bool isFirst);

    /// <summary>Steps over a run of elements. On any thread.</summary>
    public abstract void Run<T>(in FusedMemory memory, long start, long count, int numbers)
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Steps by an operator of libtorch.</summary>
    public abstract void Operate(FusedTensors tensors, int numbers);
}

/// <summary>Adam and AdamW, whose states TorchSharp declares apart.</summary>
internal abstract class AdamRule(bool isDecoupled) : FusedRule
{
    private readonly List<AdamNumbers> _numbers = [];
    private (OptimizerOptions? Options, long Step) _last;

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

    /// <summary>A moment: the mean of gradients, that of their squares, and its maximum.</summary>
    protected abstract ref Tensor Moment(OptimizerState state, int index);

    /// <summary>The numbers of a step; parameters of a group that are at the same step share them.</summary>
    protected int Numbers(
        OptimizerOptions options, long step, double beta1, double beta2, double epsilon, double weightDecay, bool maximize)
    {
        if (ReferenceEquals(_last.Options, options) && _last.Step == step)
        {
            return _numbers.Count - 1;
        }

        _last = (options, step);
        var rate = options.LearningRate!.Value;
        _numbers.Add(new AdamNumbers(
            beta1,
            beta2,
            epsilon,
            weightDecay,
            1 - (rate * weightDecay),
            rate / (1 - Math.Pow(beta1, step)),
            Math.Sqrt(1 - Math.Pow(beta2, step)),
            maximize ? -GradientScale : GradientScale,
            rate,
            step));
        return _numbers.Count - 1;
    }
}
