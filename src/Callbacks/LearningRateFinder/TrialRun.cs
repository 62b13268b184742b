namespace Fulgurite.Callbacks;

/// <summary>Trains a module for a trial with a trainer of its own, and puts everything back.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class TrialRun<TBatch>(Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data)
{
    /// <summary>Trains for a number of steps.</summary>
    public void Fit(Callback callback, long steps, CancellationToken cancellation)
    {
        var options = trainer.Options.ForRun();
        (options.MaxEpochs, options.MaxSteps, options.MaxTime, options.MinEpochs, options.MinSteps) = (null, steps, null, null, null);
        (options.FastDevRun, options.SanityValidationSteps, options.EnableCheckpointing) = (0, 0, false);
        var status = new Trainer(trainer.Strategy, options, [callback]) { IgnoresModuleCallbacks = true }
            .Fit(module, data, cancellationToken: cancellation).Status;
        if (status == FitStatus.Cancelled)
        {
            throw new OperationCanceledException("The trial was cancelled.", cancellation);
        }
    }
}

/// <summary>Trains a module for a trial with a trainer of its own, and puts everything back.</summary>
internal static class TrialRun
{
    public static TResult Run<TBatch, TResult>(Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, Func<TrialRun<TBatch>, TResult> run)
    {
        if (trainer.IsRunning)
        {
            throw new InvalidOperationException("This trainer is running. Search before its fit begins.");
        }

        trainer.Strategy.SetUp(module);
        using var before = new ModuleSnapshot(trainer, module, data);
        try
        {
            return run(new TrialRun<TBatch>(trainer, module, data));
        }
        finally
        {
            before.Restore();
        }
    }
}
