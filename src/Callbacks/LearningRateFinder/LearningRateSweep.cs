namespace Fulgurite.Callbacks;

/// <summary>Sets the next learning rate before each optimizer step and records the loss of the step.</summary>
internal sealed class LearningRateSweep(LearningRateFinderOptions options) : Callback
{
    private readonly List<LearningRatePoint> _points = [];
    private double _sum;
    private int _batches;
    private double _average;
    private double _best = double.PositiveInfinity;

    public IReadOnlyList<LearningRatePoint> Points => _points;

    public bool Diverged { get; private set; }

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments)
    {
        // Overrides the schedulers of the module.
        foreach (var group in arguments.Optimizer.ParamGroups)
        {
            group.LearningRate = Rate(_points.Count);
        }
    }

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Loss is { } loss)
        {
            _sum += loss;
            _batches++;
        }

        if (arguments.Stepped && _batches > 0)
        {
            Note(_sum / _batches);
            (_sum, _batches) = (0, 0);
            if (Diverged)
            {
                arguments.Trainer.RequestStop();
            }
        }
    }

    private double Rate(int step)
    {
        var share = (double)step / (options.Steps - 1);
        return options.Spacing == LearningRateSpacing.Linear
            ? options.MinLearningRate + (share * (options.MaxLearningRate - options.MinLearningRate))
            : options.MinLearningRate * Math.Pow(options.MaxLearningRate / options.MinLearningRate, share);
    }

    private void Note(double loss)
    {
        _average = (options.Smoothing * _average) + ((1 - options.Smoothing) * loss);

        // Bias correction: a mean that starts at zero is too small at first.
        var smoothed = _average / (1 - Math.Pow(options.Smoothing, _points.Count + 1));
        _points.Add(new LearningRatePoint(Rate(_points.Count), loss, smoothed));
        Diverged = _points.Count > 1 && options.EarlyStopFactor is { } factor && !(smoothed <= factor * _best);
        _best = _points.Count == 1 ? smoothed : Math.Min(_best, smoothed);
    }
}
