using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates at every step by a function of the step.</summary>
/// <remarks>A checkpoint does not hold the functions: the module makes them anew.</remarks>
public sealed class MultiplicativeLR : LearningRateScheduler
{
    private readonly Func<long, double>[] _factors;

    /// <summary>Makes a scheduler with one function for all groups.</summary>
    /// <param name="optimizer">The optimizer whose learning rates change.</param>
    /// <param name="factor">The factor at a step, from one.</param>
    public MultiplicativeLR(optim.Optimizer optimizer, Func<long, double> factor)
        : this(optimizer, [factor])
    {
    }

    /// <summary>Makes a scheduler with a function for each group.</summary>
    /// <param name="optimizer">The optimizer whose learning rates change.</param>
    /// <param name="factors">The factor at a step, from one, for each group; the last one holds for all groups that follow.</param>
    public MultiplicativeLR(optim.Optimizer optimizer, IReadOnlyList<Func<long, double>> factors)
        : base(optimizer)
    {
        _factors = GroupFunctions.Check(factors);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => LastEpoch > 0 ? rate * GroupFunctions.Of(_factors, group)(LastEpoch) : rate;

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["lr_lambdas"] = GroupFunctions.Placeholders(Groups.Count);
    }
}
