using Fulgurite.Callbacks;

namespace Fulgurite;

/// <summary>Searches for a batch size.</summary>
public static class BatchSizeFinderExtensions
{
    /// <summary>
    /// Trains a module for a few steps with growing batch sizes until memory is exhausted. The search leaves no trace: the module and the
    /// RNG state are restored, on success and on failure, and no file is written.
    /// </summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer with the strategy and options; its callbacks, loggers and state are not affected.</param>
    /// <param name="module">The module; its own callbacks do not run. It is on the device of the strategy afterwards.</param>
    /// <param name="makeData">Creates the training data for a batch size; its batches must have that size.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="InvalidOperationException">The trainer is running.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    /// <remarks>
    /// For devices that report exhausted memory. An operating system that overcommits memory may kill the process instead: set
    /// <see cref="BatchSizeFinderOptions.MaxBatchSize"/> on a CPU.
    /// </remarks>
    public static BatchSizeSearch FindBatchSize<TBatch>(
        this Trainer trainer,
        TrainingModule<TBatch> module,
        Func<int, IEnumerable<TBatch>> makeData,
        BatchSizeFinderOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(makeData);
        var checkedOptions = CheckedOptions.OrDefault(options);
        var trials = new List<BatchSizeTrial>();
        (int? fits, int? fails) = (null, null);
        for (int? size = Math.Min(checkedOptions.InitialBatchSize, checkedOptions.MaxBatchSize); size is { } next
            && trials.Count < checkedOptions.MaxTrials; size = Next(checkedOptions, fits, fails))
        {
            var trial = Try(trainer, module, makeData(next), next, checkedOptions.StepsPerTrial, cancellationToken);
            trials.Add(trial);
            fits = trial.Fits ? next : fits;
            fails = trial.Fits ? fails : next;
        }

        return new BatchSizeSearch(fits, trials);
    }

    private static int? Next(BatchSizeFinderOptions options, int? fits, int? fails) => (fits, fails) switch
    {
        ({ } good, null) when good < options.MaxBatchSize => (int)Math.Min(2L * good, options.MaxBatchSize),
        ({ } good, { } bad) when options.Refine && bad - good > 1 => good + ((bad - good) / 2),
        _ => null,
    };

    private static BatchSizeTrial Try<TBatch>(
        Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, int size, int steps, CancellationToken cancellation)
    {
        try
        {
            trainer.RunTrial(module, data, steps, cancellationToken: cancellation);
            return new BatchSizeTrial(size, Fits: true, Failure: null);
        }
        catch (Exception exception) when (MemoryShortage.Is(exception))
        {
            // Releases the memory of the failed trial before the next one.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return new BatchSizeTrial(size, Fits: false, exception.Message);
        }
    }
}
