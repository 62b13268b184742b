using Fulgurite.Callbacks;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>Searches for a learning rate.</summary>
public static class LearningRateFinderExtensions
{
    /// <summary>
    /// Trains a module for some steps with learning rates that grow from step to step, and tells the loss at each. Nothing is left of it: the
    /// module, the data and the random numbers are as they were, whether it succeeds or not, and no file is written.
    /// </summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer whose strategy and options are used; its callbacks, loggers and state are left alone.</param>
    /// <param name="module">The module; its own callbacks do not run. It is on the device of the strategy afterwards.</param>
    /// <param name="data">The training data, gone through again as often as the steps need.</param>
    /// <param name="options">Which learning rates; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ArgumentException">An option is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The trainer is running.</exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
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
