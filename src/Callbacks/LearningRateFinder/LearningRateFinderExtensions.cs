using Fulgurite.Callbacks;

namespace Fulgurite;

/// <summary>Searches for a learning rate.</summary>
public static class LearningRateFinderExtensions
{
    /// <summary>
    /// Trains a module for some steps with growing learning rates and returns the loss at each. The search leaves no trace: the module, the
    /// data and the RNG state are restored, on success and on failure, and no file is written.
    /// </summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer with the strategy and options; its callbacks, loggers and state are not affected.</param>
    /// <param name="module">The module; its own callbacks do not run. It is on the device of the strategy afterwards.</param>
    /// <param name="data">The training data, enumerated as often as the steps need.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="InvalidOperationException">The trainer is running.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static LearningRateCurve FindLearningRate<TBatch>(
        this Trainer trainer,
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        LearningRateFinderOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        var checkedOptions = CheckedOptions.OrDefault(options);
        var sweep = new LearningRateSweep(checkedOptions);
        trainer.RunTrial(module, data, checkedOptions.Steps, sweep, cancellationToken);
        var curve = new LearningRateCurve(
            sweep.Points, sweep.Diverged, LearningRateCurve.Steepest(sweep.Points, checkedOptions.SkipBegin, checkedOptions.SkipEnd));
        if (checkedOptions.UpdateModule && module is ILearningRateModule target && curve.Suggestion is { } rate)
        {
            target.LearningRate = rate;
        }

        return curve;
    }
}
