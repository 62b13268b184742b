namespace Fulgurite;

/// <summary>Runs the validations of a fit when they are due.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class FitValidation<TBatch>(
    Trainer trainer, FitSession session, EvaluationLoop<TBatch> loop, CancellationToken cancellation)
{
    private readonly ValidationSchedule _schedule = new(
        trainer.Run.Options, trainer.BatchesPerEpoch, trainer.Time, trainer.Strategy.Collectives);

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
        trainer.Run.RandomBeforeValidation = random;
        try
        {
            // Set before the callbacks are notified: a checkpoint that they save resumes after this validation.
            loop.Run(
                ending: () =>
                {
                    trainer.Run.Progress.Phase = LoopPhase.ValidationEnd;
                    trainer.Run.RandomBeforeValidation = null;
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
        finally
        {
            trainer.Run.RandomBeforeValidation = null;
        }

        _schedule.Restart();
        trainer.Run.AtBoundary(session.Module, cancellation);
    }
}

/// <summary>Determines when a fit validates.</summary>
internal sealed class ValidationSchedule
{
    private readonly TrainerOptions _options;
    private readonly TimeProvider _time;
    private readonly ICollectives _collectives;
    private readonly int? _interval;
    private long _last;

    /// <exception cref="InvalidOperationException">
    /// The options result in no validation, or depend on the unknown length of the data.
    /// </exception>
    public ValidationSchedule(TrainerOptions options, int? batchesPerEpoch, TimeProvider time, ICollectives collectives)
    {
        _collectives = collectives;
        _options = options;
        _time = time;
        _last = time.GetTimestamp();
        _interval = options.ValidationInterval switch
        {
            { Batches: { } batches } => batches,
            { Fraction: < 1 and var fraction } => (int)(fraction * (batchesPerEpoch ?? throw new InvalidOperationException(
                $"ValidationInterval is {fraction}, a fraction of an epoch, but the number of batches is unknown. "
                    + "Set it to a number of batches, a time, or null for the end of each epoch."))),
            _ => null,
        };
        if (_interval == 0)
        {
            _interval = 1;
        }

        if (options.CheckValidationEveryNEpochs is not null && _interval > batchesPerEpoch)
        {
            throw new InvalidOperationException(
                $"ValidationInterval is {options.ValidationInterval} and an epoch has {batchesPerEpoch} batches, so there would be no "
                    + "validation. Set it to at most that number, to null for the end of each epoch, "
                    + "or set CheckValidationEveryNEpochs to null to count across epochs.");
        }
    }

    /// <summary>Gets whether validations run at the end of the data of an epoch rather than between two batches.</summary>
    private bool AtEpochEnd => _interval is null && _options.ValidationInterval?.Time is null;

    /// <summary>Returns whether a validation is due after a training batch.</summary>
    public bool IsDueAfterBatch(RunProgress progress)
    {
        if (AtEpochEnd || progress.Batches == 0 || !IsEpochOfValidation(progress))
        {
            return false;
        }

        return _options.ValidationInterval?.Time is { } time
            ? IsPast(time)
            : (_options.CheckValidationEveryNEpochs is null ? progress.TotalBatches : progress.Batches) % _interval == 0;
    }

    /// <summary>Returns whether a validation is due at the end of the data of an epoch.</summary>
    public bool IsDueAfterEpoch(RunProgress progress) =>
        (AtEpochEnd && IsEpochOfValidation(progress)) || (_options.ValidateAtEnd && progress.Epochs + 1 >= _options.MaxEpochs);

    /// <summary>Restarts the time to the next validation.</summary>
    public void Restart() => _last = _time.GetTimestamp();

    /// <summary>Returns whether a time has passed; agreed on by all processes, because their clocks may differ.</summary>
    private bool IsPast(TimeSpan time)
    {
        var isPast = _time.GetElapsedTime(_last) >= time;
        return _collectives.ReduceDecision(isPast, all: false);
    }

    private bool IsEpochOfValidation(RunProgress progress) =>
        _options.CheckValidationEveryNEpochs is not { } every || (progress.Epochs + 1) % every == 0;
}
