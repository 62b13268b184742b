using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Sets the learning rates to their initial values times a function of the step.</summary>
/// <remarks>The functions are not part of a checkpoint; the module must provide them again.</remarks>
public sealed class LambdaLR : LearningRateScheduler
{
    private readonly Func<long, double>[] _factors;

    /// <summary>Initializes a scheduler with one function for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factor">Returns the factor for a zero-based step.</param>
    public LambdaLR(optim.Optimizer optimizer, Func<long, double> factor)
        : this(optimizer, [factor])
    {
    }

    /// <summary>Initializes a scheduler with one function per group.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factors">Return the factor for a zero-based step, one per group. The last one applies to all further groups.</param>
    public LambdaLR(optim.Optimizer optimizer, IReadOnlyList<Func<long, double>> factors)
        : base(optimizer)
    {
        _factors = GroupFunctions.Check(factors);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => BaseRate(group) * GroupFunctions.Of(_factors, group)(LastEpoch);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["lr_lambdas"] = GroupFunctions.Placeholders(Groups.Count);
    }
}

/// <summary>Multiplies the learning rates at every step by a function of the step.</summary>
/// <remarks>The functions are not part of a checkpoint; the module must provide them again.</remarks>
public sealed class MultiplicativeLR : LearningRateScheduler
{
    private readonly Func<long, double>[] _factors;

    /// <summary>Initializes a scheduler with one function for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factor">Returns the factor for a step; the first step is 1.</param>
    public MultiplicativeLR(optim.Optimizer optimizer, Func<long, double> factor)
        : this(optimizer, [factor])
    {
    }

    /// <summary>Initializes a scheduler with one function per group.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factors">
    /// Return the factor for a step, one function per group; the first step is 1. The last function applies to all further groups.
    /// </param>
    public MultiplicativeLR(optim.Optimizer optimizer, IReadOnlyList<Func<long, double>> factors)
        : base(optimizer)
    {
        _factors = GroupFunctions.Check(factors);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) =>
        LastEpoch > 0 ? rate * GroupFunctions.Of(_factors, group)(LastEpoch) : rate;

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["lr_lambdas"] = GroupFunctions.Placeholders(Groups.Count);
    }
}
