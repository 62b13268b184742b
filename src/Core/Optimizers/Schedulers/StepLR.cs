using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor every <c>stepSize</c> steps.</summary>
public sealed class StepLR : LearningRateScheduler
{
    private long _stepSize;
    private double _gamma;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="stepSize">The number of steps between two applications of the factor.</param>
    /// <param name="gamma">The factor. Default: 0.1.</param>
    public StepLR(optim.Optimizer optimizer, long stepSize, double gamma = 0.1)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepSize);
        (_stepSize, _gamma) = (stepSize, gamma);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => LastEpoch == 0 || LastEpoch % _stepSize != 0 ? rate : rate * _gamma;

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) => BaseRate(group) * Math.Pow(_gamma, LastEpoch / _stepSize);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["step_size"] = _stepSize;
        state["gamma"] = _gamma;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _stepSize = ReadInteger(state, "step_size", _stepSize);
        _gamma = ReadReal(state, "gamma", _gamma);
    }
}
