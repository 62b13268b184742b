using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>
/// Writes down what a run shows on its way, and stops it where the scenario says. The last of the callbacks that do not save.
/// </summary>
internal sealed class ScenarioWatch(Scenario scenario, Action? stop) : Callback, IMetricLogger
{
    private readonly Dictionary<(int Epoch, int Batch), double> _losses = [];
    private readonly Dictionary<(long Step, string Name), double> _metrics = [];
    private int _batches;

    /// <summary>The loss of every batch. One that is gone through again, after a kill, counts as it was the last time.</summary>
    public IReadOnlyDictionary<(int Epoch, int Batch), double> Losses => _losses;

    /// <summary>What a logger was told.</summary>
    public IReadOnlyDictionary<(long Step, string Name), double> Metrics => _metrics;

    /// <summary>Has what follows a run that was stopped written down beside it.</summary>
    public void GoOnFrom(ScenarioWatch before)
    {
        foreach (var (place, loss) in before._losses)
        {
            _losses.Add(place, loss);
        }

        foreach (var (place, value) in before._metrics)
        {
            _metrics.Add(place, value);
        }
    }

    public void AtTrainingStep() => StopIf(StopPlace.TrainingStep, _batches + 1 == scenario.StopBatch);

    public void AtValidationStep() => StopIf(StopPlace.Validation, _batches >= scenario.StopBatch);

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) =>
        StopIf(StopPlace.BatchStart, _batches == scenario.StopBatch);

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) =>
        StopIf(StopPlace.BeforeOptimizerStep, _batches + 1 >= scenario.StopBatch);

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _batches++;
        _losses[(arguments.Trainer.CurrentEpoch, arguments.BatchIndex)] = arguments.Loss ?? double.NaN;
        StopIf(StopPlace.BatchEnd, _batches == scenario.StopBatch);
    }

    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
    {
        foreach (var (name, value) in metrics)
        {
            _metrics[(globalStep, name)] = value;
        }
    }

    private void StopIf(StopPlace place, bool isThere)
    {
        if (isThere && scenario.Place == place)
        {
            stop?.Invoke();
        }
    }
}
