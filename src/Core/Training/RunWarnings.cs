using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Warns of likely mistakes, once per run.</summary>
internal sealed partial class RunWarnings(Trainer trainer)
{
    private bool _hasLooked;
    private bool _hasWarned;

    /// <summary>Warns if there is validation data and the module does not use it.</summary>
    public static void CheckValidationStep<TBatch>(Trainer trainer, TrainingModule<TBatch> module)
    {
        Action<TBatch, int> step = module.ValidationStep;
        if (step.Method.DeclaringType == typeof(TrainingModule<TBatch>))
        {
            LogNoValidationStep(trainer.Log, module.GetType().Name);
        }
    }

    /// <summary>Checks the loss after an optimizer step, where it costs little: at the first step, at the interval of loggers, and at the end of an epoch.</summary>
    public void AfterStep(StepLoss? loss)
    {
        if (_hasWarned || loss is null || (_hasLooked && trainer.GlobalStep % trainer.Run.Options.LogEveryNSteps != 0 && trainer.CurrentBatch != trainer.BatchesPerEpoch))
        {
            return;
        }

        _hasLooked = true;
        if (!double.IsFinite(loss.Value))
        {
            _hasWarned = true;
            LogNotFinite(trainer.Log, loss.Value, trainer.GlobalStep);
        }
    }

    [LoggerMessage(1061, LogLevel.Warning, "Validation data was passed, but {Module} does not override ValidationStep. Override it and log a metric, or pass no validation data")]
    private static partial void LogNoValidationStep(ILogger logger, string module);

    [LoggerMessage(1062, LogLevel.Warning, "The loss is {Loss} at step {Step}. Set DetectAnomaly to find the cause; reduce the learning rate, clip gradients (GradientClipNorm), or add the Rollback callback")]
    private static partial void LogNotFinite(ILogger logger, double loss, long step);
}
