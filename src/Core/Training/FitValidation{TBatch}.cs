namespace Fulgurite;

/// <summary>Runs the validations of a fit when they are due.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class FitValidation<TBatch>(Trainer trainer, FitSession session, EvaluationLoop<TBatch> loop, CancellationToken cancellation)
{
    private readonly ValidationSchedule _schedule = new(trainer.Run.Options, trainer.BatchesPerEpoch, trainer.Time, trainer.Strategy.Collectives);

    /// <summary>Validates if a validation is due after a training batch.</summary>
    public void AfterBatch()
    {
        if (trainer.Run.Progress.Phase == LoopPhase.TrainBatchEnd && _schedule.IsDueAfterBatch(trainer.Run.Progress))
        {
            Run(endsEpoch: trainer.Run.Progress.Batches == trainer.BatchesPerEpoch);
        }
    }

    /// <summary>Validates if a validation is due at the end of the data of an epoch.</summary>
    public void AfterEpoch()
    {
        if (trainer.Run.Progress.Phase != LoopPhase.ValidationEnd && _schedule.IsDueAfterEpoch(trainer.Run.Progress))
        {
            Run(endsEpoch: true);
        }
    }

    private void Run(bool endsEpoch)
    {
        // Gradients of an incomplete window must be kept; those of a completed step only occupy memory.
        if (trainer.Run.Progress.Accumulated == 0 && session.Module.AutomaticOptimization)
        {
            session.ClearGradients();
        }

        using var timed = trainer.Run.Instruments.BeginValidation();
        var random = RandomState.Capture();
        try
        {
            // Set before the callbacks are notified: a checkpoint that they save resumes after this validation.
            loop.Run(
                ending: () =>
                {
                    trainer.Run.Progress.Phase = LoopPhase.ValidationEnd;
                    trainer.Metrics.HasValidated = true;
                    if (session.Module.AutomaticOptimization)
                    {
                        session.Schedulers.OnValidationEnd(trainer.Run.Progress.Epochs, endsEpoch);
                    }
                },
                cancellation: trainer.Run.WithinAPass(cancellation));
        }
        catch when (trainer.Run.Progress.Phase != LoopPhase.ValidationEnd)
        {
            // A run that resumes here repeats the validation, with the RNG state from before it.
            RandomState.Apply(random);
            throw;
        }

        _schedule.Restart();
        trainer.Run.AtBoundary(session.Module, cancellation);
    }
}
