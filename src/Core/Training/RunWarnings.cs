using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Warns once a run of what would otherwise go by without a word.</summary>
internal sealed partial class RunWarnings(Trainer trainer)
{
    private bool _hasLooked;
    private bool _hasWarned;

    /// <summary>Validation data is there: a module that does nothing with it has no metrics that anything could be judged by.</summary>
    public static void CheckValidationStep<TBatch>(Trainer trainer, TrainingModule<TBatch> module)
    {
        Action<TBatch, int> step = module.ValidationStep;
        if (step.Method.DeclaringType == typeof(TrainingModule<TBatch>))
        {
            LogNoValidationStep(trainer.Log, module.GetType().Name);
        }
    }

    /// <summary>The optimizer stepped. Looks at the loss where it costs little: at the first step, when loggers are told, and at the end of an epoch.</summary>
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

    [LoggerMessage(1061, LogLevel.Warning, "There is validation data, and {Module} does nothing with it: it does not override ValidationStep. Override it and log a metric there, or give no validation data")]
    private static partial void LogNoValidationStep(ILogger logger, string module);

    [LoggerMessage(1062, LogLevel.Warning, "The loss is {Loss} at step {Step}, and weights that have become NaN stay so. Set DetectAnomaly to find where it comes from; lower the learning rate, clip gradients (GradientClipNorm), or add the callback Rollback")]
    private static partial void LogNotFinite(ILogger logger, double loss, long step);
}
