using Fulgurite.Callbacks;

namespace Fulgurite;

/// <summary>Short trainings that leave no trace, e.g. to search for a learning rate or a batch size.</summary>
public static class TrainerTrials
{
    /// <summary>
    /// Trains a module for a number of steps with a separate trainer, then restores the module, its data and the random number generator,
    /// even if the trial fails. No checkpoint is saved, and neither the callbacks of the trainer nor those of the module are called.
    /// </summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer whose strategy and options are used.</param>
    /// <param name="module">The module; it is on the device of the strategy afterwards.</param>
    /// <param name="data">The training data, enumerated as often as the steps need.</param>
    /// <param name="steps">The number of optimizer steps.</param>
    /// <param name="callback">The callback that observes the trial; null for none.</param>
    /// <param name="cancellationToken">Cancels the trial at the next step boundary.</param>
    /// <exception cref="InvalidOperationException">The trainer is running.</exception>
    /// <exception cref="OperationCanceledException">The trial was cancelled.</exception>
    public static void RunTrial<TBatch>(
        this Trainer trainer,
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        long steps,
        Callback? callback = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        if (trainer.IsRunning)
        {
            throw new InvalidOperationException("The trainer is running. Run the trial before the fit.");
        }

        trainer.Strategy.SetUp(module);
        using var before = new ModuleSnapshot(trainer, module, data);
        try
        {
            Train(trainer, module, data, steps, callback, cancellationToken);
        }
        finally
        {
            before.Restore();
        }
    }

    private static void Train<TBatch>(
        Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, long steps, Callback? callback, CancellationToken cancellation)
    {
        var options = trainer.Options.ForRun();
        (options.MaxEpochs, options.MaxSteps, options.MaxTime, options.MinEpochs, options.MinSteps) = (null, steps, null, null, null);
        (options.FastDevRun, options.SanityValidationSteps, options.EnableCheckpointing) = (0, 0, false);
        var status = new Trainer(trainer.Strategy, options, callback is null ? [] : [callback]) { IgnoresModuleCallbacks = true }
            .Fit(module, data, cancellationToken: cancellation).Status;
        if (status == FitStatus.Cancelled)
        {
            throw new OperationCanceledException("The trial was cancelled.", cancellation);
        }
    }
}
