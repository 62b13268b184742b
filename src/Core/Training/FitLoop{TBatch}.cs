
namespace Fulgurite;

/// <summary>The epoch loop of a fit.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class FitLoop<TBatch>
{
    private readonly Trainer _trainer;
    private readonly TrainingModule<TBatch> _module;
    private readonly TrainingData<TBatch> _data;
    private readonly RunLimits _limits;
    private readonly FitSession _session;
    private readonly FitValidation<TBatch>? _validation;
    private readonly CancellationToken _cancellation;
    private bool _fieldsChecked;

    public FitLoop(
        Trainer trainer,
        FitSession session,
        TrainingModule<TBatch> module,
        TrainingData<TBatch> data,
        EvaluationLoop<TBatch>? validation,
        RunLimits limits,
        CancellationToken cancellation)
    {
        _trainer = trainer;
        _session = session;
        _module = module;
        _data = data;
        _limits = limits;
        _validation = validation is null ? null : new FitValidation<TBatch>(trainer, session, validation, cancellation);
        _cancellation = cancellation;
    }

    private RunProgress Progress => _trainer.Run.Progress;

    /// <summary>Runs until a limit is reached or a stop is requested.</summary>
    /// <param name="restoreRandom">
    /// Restores the RNG state of a resumed run: before its first hook, and again after the data was moved to its position, which may
    /// have used random numbers. Null for a new run.
    /// </param>
    public FitStatus Run(Action? restoreRandom)
    {
        restoreRandom?.Invoke();
        while (_limits.MayGoOn)
        {
            _trainer.Run.WithinAPass(_cancellation).ThrowIfCancellationRequested();
            RunEpoch(restoreRandom);
            restoreRandom = null;
        }

        return _trainer.StopRequested && !_limits.IsReached ? FitStatus.Stopped : FitStatus.Completed;
    }

    private void RunEpoch(Action? restoreRandom)
    {
        using var activity = _trainer.Run.Instruments.BeginEpoch();
        if (Progress.Phase is LoopPhase.Start or LoopPhase.TrainEpochEnd)
        {
            _trainer.Run.Hooks.Call(new OnTrainEpochStartArguments(_trainer, _module));
            Progress.Phase = LoopPhase.TrainEpochStart;
        }

        if (Open(restoreRandom).Use(batches => RunBatches(batches, restoreRandom), _trainer.Log))
        {
            _session.Stepper.EndOfData(Progress.Epochs);
            _validation?.AfterEpoch();
            EndEpoch();
        }
    }

    /// <summary>Moves the data to its position. If the run is cancelled meanwhile, its position and RNG state are unchanged.</summary>
    private IEnumerator<TBatch> Open(Action? restoreRandom)
    {
        try
        {
            return _data.Open(Progress.Epochs, Progress.Batches);
        }
        catch (OperationCanceledException)
        {
            restoreRandom?.Invoke();
            throw;
        }
    }

    /// <returns>true if the epoch ended; false if it was stopped, so that a resumed run continues with its next batch.</returns>
    private bool RunBatches(IEnumerator<TBatch> batches, Action? restoreRandom)
    {
        var stepper = _session.Stepper;
        var step = new TrainingStepRunner<TBatch>(
            _trainer, stepper, _module, batches, _data.MayDrop ? _trainer.Run.WithinAPass(_cancellation) : CancellationToken.None);
        if (Progress.Batches > 0)
        {
            restoreRandom?.Invoke();
            stepper.FinishFullWindow();
        }

        if (Progress.Phase == LoopPhase.TrainBatchEnd)
        {
            _validation?.AfterBatch();
        }

        var ended = false;
        while (_limits.MayGoOn && !(ended = HasEnded(step)))
        {
            AtBoundary();
            _validation?.AfterBatch();
        }

        // A limit or stop request at the last batch of an epoch also ends the epoch.
        if (!ended && Progress.Batches != _trainer.BatchesPerEpoch)
        {
            return false;
        }

        if (stepper.FinishWindow())
        {
            AtBoundary();
        }

        return true;
    }

    private bool HasEnded(TrainingStepRunner<TBatch> step)
    {
        if (!Progress.RestSkipped && Progress.Batches < _data.Limit && step.Run())
        {
            if (!_fieldsChecked)
            {
                CheckFields();
            }

            return false;
        }

        return Progress.Batches > 0 || Progress.RestSkipped
            ? true
            : throw BatchChecks.NoBatch("training", Progress.Epochs);
    }

    /// <summary>Called after the first batch, to fail early, and after each epoch, whose end hooks may reassign fields.</summary>
    private void CheckFields()
    {
        _fieldsChecked = true;
        _session.Fields.Check(_trainer.Run.Callbacks.SavesCheckpoints);
    }

    private void EndEpoch()
    {
        CheckFields();
        Progress.Epochs++;
        Progress.Batches = 0;
        Progress.RestSkipped = false;
        Progress.Phase = LoopPhase.TrainEpochEnd;
        _trainer.Run.Instruments.TellPosition();
        _trainer.LogMetrics(_trainer.Metrics.EndEpoch());
        _trainer.Run.Hooks.CallCheckpointsLast(new OnTrainEpochEndArguments(_trainer, _module), beforeCheckpoints: () =>
        {
            _trainer.LogMetrics(_trainer.Metrics.EndEpochHooks());
            if (_module.AutomaticOptimization)
            {
                _session.Schedulers.OnEpochEnd(Progress.Epochs - 1);
            }
        });
        AtBoundary();
    }

    private void AtBoundary() => _trainer.Run.AtBoundary(_module, _cancellation);
}
