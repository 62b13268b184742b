using Fulgurite.Data;

namespace Fulgurite.Loops;

/// <summary>The epochs of a fit.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class FitLoop<TBatch>
{
    private readonly Trainer _trainer;
    private readonly FitSession _session;
    private readonly TrainingModule<TBatch> _module;
    private readonly DataFeed<TBatch> _data;
    private readonly ValidationLoop<TBatch>? _validation;
    private readonly CancellationToken _cancellation;

    public FitLoop(
        Trainer trainer,
        FitSession session,
        TrainingModule<TBatch> module,
        DataFeed<TBatch> data,
        IEnumerable<TBatch>? validationData,
        CancellationToken cancellation)
    {
        _trainer = trainer;
        _session = session;
        _module = module;
        _data = data;
        _validation = validationData is null ? null : new ValidationLoop<TBatch>(trainer, module, validationData);
        _cancellation = cancellation;
    }

    private RunProgress Progress => _trainer.Progress;

    private TrainerOptions Options => _trainer.Options;

    private bool LimitReached =>
        Progress.Epochs >= (Options.MaxEpochs ?? int.MaxValue) || Progress.GlobalStep >= (Options.MaxSteps ?? long.MaxValue);

    private bool MayGoOn => !_trainer.StopRequested && !LimitReached;

    /// <summary>Runs until a limit is reached or somebody asks to stop.</summary>
    /// <param name="restoreRandom">
    /// Sets the random numbers of a resumed run back: before the first hook that the run would have called next, and again where
    /// bringing the data to its position may have used some. Null for a new run.
    /// </param>
    public FitStatus Run(Action? restoreRandom)
    {
        _module.train();
        _trainer.BatchesPerEpoch = CountBatches();
        _trainer.HasValidation = _validation is not null;
        if (_validation is not null && Options.ValidationInterval > _trainer.BatchesPerEpoch)
        {
            throw new InvalidOperationException(
                $"ValidationInterval is {Options.ValidationInterval} and an epoch has {_trainer.BatchesPerEpoch} batches, so that there would never be a validation. Set it to that or less, or to null for the end of each epoch.");
        }

        restoreRandom?.Invoke();
        while (MayGoOn)
        {
            RunEpoch(restoreRandom);
            restoreRandom = null;
        }

        return _trainer.StopRequested && !LimitReached ? FitStatus.Stopped : FitStatus.Completed;
    }

    private void RunEpoch(Action? restoreRandom)
    {
        if (Progress.Phase is LoopPhase.Start or LoopPhase.TrainEpochEnd)
        {
            _trainer.Hooks.TrainEpochStart();
        }

        using (var batches = _data.Open(Progress.Epochs, Progress.Batches))
        {
            var step = new TrainingStepRunner<TBatch>(_trainer, _session, _module, batches);
            if (Progress.Batches > 0)
            {
                restoreRandom?.Invoke();
                step.FinishFullWindow();
            }

            if (Progress.Phase == LoopPhase.TrainBatchEnd && IsValidationDue(Progress.Batches))
            {
                Validate();
            }

            var ended = false;
            while (MayGoOn && !(ended = HasEnded(step)))
            {
                AtBoundary();
                if (IsValidationDue(Progress.Batches))
                {
                    Validate();
                }
            }

            // A limit that falls on the last batch of an epoch ends the epoch too.
            ended |= !_trainer.StopRequested && Progress.Batches == _trainer.BatchesPerEpoch;
            if (!ended)
            {
                // Stopped within the epoch, which has not ended: a resumed run goes on with its next batch.
                return;
            }

            if (step.FinishWindow())
            {
                AtBoundary();
            }
        }

        _session.Schedulers.OnLastBatch(Progress.Epochs);
        if (Options.ValidationInterval is null && Progress.Phase != LoopPhase.ValidationEnd)
        {
            Validate();
        }

        if (!_trainer.StopRequested)
        {
            EndEpoch();
        }
    }

    private bool HasEnded(TrainingStepRunner<TBatch> step)
    {
        if (!Progress.RestSkipped && Progress.Batches < (Options.LimitTrainBatches ?? int.MaxValue) && step.Run())
        {
            return false;
        }

        return Progress.Batches > 0 || Progress.RestSkipped
            ? true
            : throw new InvalidOperationException("The training data gave no batch. Check that the data set is not empty and that its batches can be enumerated again for every epoch.");
    }

    private void EndEpoch()
    {
        Progress.Epochs++;
        Progress.Batches = 0;
        Progress.RestSkipped = false;
        Progress.Phase = LoopPhase.TrainEpochEnd;
        _trainer.LogMetrics(_trainer.Metrics.EndEpoch());
        _trainer.Hooks.TrainEpochEnd(beforeCheckpoints: () => _session.Schedulers.OnEpochEnd(Progress.Epochs - 1));
        AtBoundary();
    }

    private bool IsValidationDue(int batches) => Options.ValidationInterval is { } interval && batches > 0 && batches % interval == 0;

    private void Validate()
    {
        if (_validation is null)
        {
            return;
        }

        // Said before the callbacks hear of its end: a checkpoint that they save continues after this validation.
        _validation.Run(() =>
        {
            Progress.Phase = LoopPhase.ValidationEnd;
            _session.Schedulers.OnValidationEnd(Progress.Epochs, endsEpoch: Options.ValidationInterval is null || Progress.Batches == _trainer.BatchesPerEpoch);
        });
        AtBoundary();
    }

    private void AtBoundary()
    {
        _trainer.SettleCheckpoints(_module);
        _cancellation.ThrowIfCancellationRequested();
    }

    private int? CountBatches()
    {
        var count = _data.BatchCount;
        return count is { } all && Options.LimitTrainBatches is { } limit ? Math.Min(all, limit) : count;
    }
}
