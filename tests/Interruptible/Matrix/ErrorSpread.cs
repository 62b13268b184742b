using Fulgurite.State;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>The distance between the smallest and the largest loss of an epoch.</summary>
internal sealed class ErrorSpread : IMetric
{
    private double _least = double.PositiveInfinity;
    private double _most = double.NegativeInfinity;

    public void Update(double value)
    {
        if (double.IsFinite(value))
        {
            (_least, _most) = (Math.Min(_least, value), Math.Max(_most, value));
        }
    }

    public double Compute() => _most - _least;

    public void Reset() => (_least, _most) = (double.PositiveInfinity, double.NegativeInfinity);

    public StateMap StateDict() => new() { ["least"] = _least, ["most"] = _most };

    public void LoadStateDict(StateMap state) => (_least, _most) = (state["least"].AsReal(), state["most"].AsReal());
}
