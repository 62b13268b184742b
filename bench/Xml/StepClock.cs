using System.Diagnostics;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Xml;

/// <summary>
/// Measures the step of the optimizer, from the mutation fence to the end of the batch. A fused optimizer copies for a save in the first
/// step after it, which no wait of the trainer contains.
/// </summary>
internal sealed class StepClock : Callback
{
    private readonly Samples _others = new();
    private readonly List<double> _first = [];
    private long _fence;
    private bool _isFirst;

    /// <summary>
    /// Gets the milliseconds that the first steps after validations took more than as many other steps; null without other steps. Without
    /// saves, it is what a validation costs the step after it.
    /// </summary>
    public double? Copies => _others.Count == 0 ? null : (_first.Sum() - (_first.Count * _others.Median)) * 1000;

    /// <summary>Returns an implementation that shows the fences to this object.</summary>
    public CheckpointIO Watch(CheckpointIO io) => new Fenced(io, this);

    public override void OnValidationEnd(OnValidationEndArguments arguments) => _isFirst = true;

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        var seconds = Stopwatch.GetElapsedTime(_fence).TotalSeconds;
        if (_isFirst)
        {
            _first.Add(seconds);
        }
        else if (arguments.Trainer.GlobalStep > 1)
        {
            // The very first step also creates the moments.
            _others.Add(seconds);
        }

        _isFirst = false;
    }

    private sealed class Fenced(CheckpointIO inner, StepClock clock) : WrappingCheckpointIO(inner)
    {
        public override void BeforeParametersChange()
        {
            base.BeforeParametersChange();
            clock._fence = Stopwatch.GetTimestamp();
        }
    }
}
