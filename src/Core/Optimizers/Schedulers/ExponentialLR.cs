using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor at every step.</summary>
public sealed class ExponentialLR : LearningRateScheduler
{
    private double _gamma;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="gamma">The factor.</param>
    public ExponentialLR(optim.Optimizer optimizer, double gamma)
        : base(optimizer)
    {
        _gamma = gamma;
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => LastEpoch == 0 ? rate : rate * _gamma;

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) => BaseRate(group) * Math.Pow(_gamma, LastEpoch);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["gamma"] = _gamma;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _gamma = ReadReal(state, "gamma", _gamma);
    }
}
