using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>A fit from set-up to tear-down, including failures.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed partial class FitRun<TBatch>(
    Trainer trainer,
    TrainingModule<TBatch> module,
    IEnumerable<TBatch> data,
    IEnumerable<TBatch>? validationData,
    ILogger logger)
{
    private readonly RunFailure _failure = new(trainer, module, logger);
    private bool _started;

    public FitResult Execute(string? checkpointPath, CancellationToken cancellation)
    {
        using var span = trainer.Run.Instruments.BeginFit();
        if (trainer.Run.WithinAPass(cancellation).IsCancellationRequested)
        {
            span.Ended(FitStatus.Cancelled);
            return Result(FitStatus.Cancelled);
        }

        FitStatus status;
        try
        {
            status = Run(checkpointPath, cancellation);
        }
        catch (Exception exception)
        {
            span.Failed(exception);
            _failure.TearDown();
            _failure.DrainRest();
            throw;
        }

        trainer.Run.KeepsSession = true;
        try
        {
            trainer.Run.Hooks.CallAll(new TearDownArguments(trainer, module, RunStage.Fit));
            DrainRest(status);
        }
        catch
        {
            _failure.DrainRest();
            throw;
        }

        trainer.Run.Checkpoints.ThrowIfSavesFailed();
        span.Ended(status);
        return Result(status);
    }

    private FitResult Result(FitStatus status) =>
        new(status, trainer.GlobalStep, trainer.CurrentEpoch, trainer.Metrics.Values(), trainer.CheckpointCosts);

    private FitStatus Run(string? checkpointPath, CancellationToken cancellation)
    {
        FitStatus status;
        try
        {
            status = Train(checkpointPath, cancellation);
        }
        catch (Exception thrown)
        {
            var exception = DisposedTensors.Explain(thrown, module);
            var cancelled = exception is OperationCanceledException
                && (cancellation.IsCancellationRequested || trainer.Run.Stop.CancelledTogether);
            _failure.End(exception, cancelled);
            if (!cancelled)
            {
                if (!ReferenceEquals(exception, thrown))
                {
                    throw exception;
                }

                throw;
            }

            status = FitStatus.Cancelled;
        }

        if (_started)
        {
            trainer.Flow.Around(() => trainer.Run.Hooks.Call(new OnFitEndArguments(trainer, module)));
        }

        DrainRest(status);
        return status;
    }

    private void DrainRest(FitStatus status) =>
        trainer.Run.Checkpoints.DrainRest(module, status == FitStatus.Cancelled ? trainer.Options.DrainTimeout : null);

    private FitStatus Train(string? checkpointPath, CancellationToken cancellation)
    {
        trainer.Run.Hooks.Call(new SetUpArguments(trainer, module, RunStage.Fit));
        using var loaded = Load(checkpointPath, out var path);
        using var checkpoint = loaded?.Edit();
        if (checkpoint is null && trainer.Run.Options.Seed is { } seed)
        {
            RandomSeed.Set(seed);
        }

        if (checkpoint is not null)
        {
            // Called before the module is moved and its optimizers are created: the hook may recreate tensors in the sizes of the
            // checkpoint.
            RunNumerics.Compare(checkpoint, trainer.Run.Options, trainer.Strategy, path!, trainer.Log);
            trainer.Run.Hooks.CallModule(new OnLoadCheckpointArguments(trainer, module, checkpoint));
        }

        if (checkpoint is null)
        {
            // A resume looks at each tensor when it compares it with the saved one.
            ModuleWeights.CheckSavable(module);
        }

        trainer.Strategy.SetUp(module, trainer.Run.Options.Precision);
        if (IsCancelled(cancellation))
        {
            return FitStatus.Cancelled;
        }

        var feed = new DataFeed<TBatch>(SharedBatches.Of(data, trainer), logger, trainer.Run.WithinAPass(cancellation));

        // Schedulers depend on the length of the training.
        trainer.Run.BatchesPerEpoch = new TrainingData<TBatch>(feed, trainer.Run.Options).BatchCount;
        var session = MakeSession();
        trainer.Run.Enter(session, feed);
        session.ClearGradients();
        TensorData? random = null;
        if (checkpoint is not null)
        {
            var restore = new StateRestore(trainer, session, path!, logger);
            restore.Apply(checkpoint);
            random = restore.ApplyRandom(checkpoint) ? RandomState.Capture() : null;

            // A run may take days, and the checkpoint may be as large as the entire training state.
            checkpoint.Dispose();
            loaded!.Dispose();
            LogResumed(logger, path!, trainer.GlobalStep, trainer.CurrentEpoch, trainer.CurrentBatch);
        }

        trainer.Run.Instruments.TellPosition();
        trainer.Run.Limits.Start(trainer.Run.Progress.Elapsed ?? TimeSpan.Zero);
        if (checkpoint is not null && trainer.Run.Limits.ReachedBy is { } limit)
        {
            LogFinished(logger, path!, trainer.GlobalStep, trainer.CurrentEpoch, limit);
        }

        var options = trainer.Run.Options;
        var batches = new TrainingData<TBatch>(feed, options);
        session.TrainingPass = new TrainingPass<TBatch>(trainer, module, batches, trainer.Run.WithinAPass(cancellation));
        var validation = MakeValidation(options);
        trainer.Run.BatchesPerEpoch = batches.BatchCount;
        trainer.Run.HasValidation = validation is not null;
        var loop = new FitLoop<TBatch>(trainer, session, module, batches, validation, trainer.Run.Limits, cancellation);

        if (!module.training)
        {
            // A module in training mode keeps the modes of its submodules: frozen ones may be in evaluation mode.
            module.train();
        }

        _started = true;
        new CheckpointFolders(trainer, logger).Test(session);
        trainer.Run.Hooks.Call(new OnFitStartArguments(trainer, module));
        if (checkpoint is null && validation is not null && options.SanityValidationSteps > 0)
        {
            CheckSanity(validation, options.SanityValidationSteps, cancellation);
        }

        PrepareForCheckpoints(session);
        trainer.Run.Hooks.Call(new OnTrainStartArguments(trainer, module));
        var status = loop.Run(random is null ? null : () => RandomState.Apply(random));
        trainer.Flow.Around(() => trainer.Run.Hooks.Call(new OnTrainEndArguments(trainer, module)));
        trainer.Run.Checkpoints.Drain(module);
        if (trainer.Run.Progress.Accumulated == 0 && module.AutomaticOptimization)
        {
            // Otherwise, a save after the fit contains them.
            session.ClearGradients();
        }

        return status;
    }

    /// <summary>Returns whether the run was cancelled before it began; agreed on by all processes.</summary>
    private bool IsCancelled(CancellationToken cancellation)
    {
        try
        {
            trainer.Run.ThrowIfCancelled(cancellation);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private FitSession MakeSession()
    {
        var setup = module.ConfigureOptimizers();
        var options = trainer.Run.Options;
        if (!module.AutomaticOptimization
            && (options.AccumulateGradBatches > 1 || options.GradientClipNorm is not null || options.GradientClipValue is not null))
        {
            throw new InvalidOperationException(
                $"{module.GetType().Name} uses manual optimization, in which the trainer neither accumulates nor clips gradients. "
                    + "Set AccumulateGradBatches to 1 and GradientClipNorm and GradientClipValue to null.");
        }

        return new FitSession(trainer, module, setup);
    }

    private EvaluationLoop<TBatch>? MakeValidation(TrainerOptions options)
    {
        if (validationData is null || options.LimitValidationBatches is { IsNone: true })
        {
            return null;
        }

        RunWarnings.CheckValidationStep(trainer, module);
        return new EvaluationLoop<TBatch>(
            trainer,
            module,
            SharedBatches.Of(options.OverfitBatches is null ? validationData : data, trainer, evaluates: true),
            new ValidationStage<TBatch>(trainer, module));
    }

    /// <summary>Runs the sanity check, then discards its metrics and restores the RNG state.</summary>
    private void CheckSanity(EvaluationLoop<TBatch> validation, int steps, CancellationToken cancellation)
    {
        var random = RandomState.Capture();
        trainer.Run.IsSanityChecking = true;
        try
        {
            trainer.Run.Hooks.CallCallbacks(new OnSanityCheckStartArguments(trainer, module));
            validation.Run(steps, cancellation: trainer.Run.WithinAPass(cancellation));
            trainer.Run.Hooks.CallCallbacks(new OnSanityCheckEndArguments(trainer, module));
        }
        finally
        {
            trainer.Run.IsSanityChecking = false;
        }

        trainer.Metrics.Clear();
        RandomState.Apply(random);
    }

    /// <summary>Prepares for the first save while training starts, so that it costs no more than later ones.</summary>
    private void PrepareForCheckpoints(FitSession session)
    {
        if (trainer.Run.Callbacks.SavesCheckpoints && trainer.Strategy.CheckpointIO.GetCapability<ICheckpointCapture>() is { } capture)
        {
            try
            {
                using var state = StateCapture.Describe(trainer, session, weightsOnly: false);
                var collectives = trainer.Strategy.Collectives;
                using var part = collectives.WorldSize == 1
                    ? null
                    : trainer.Strategy.CheckpointIO.GetCapability<ICheckpointParts>()
                        ?.GetPart(state, collectives.Rank, collectives.WorldSize);
                capture.Prepare(part ?? state);
            }
            catch (NotSupportedException)
            {
                // The optimizer state cannot be saved. Weights still can; a save that requires more reports the error.
            }
        }
    }

    private TrainingState? Load(string? checkpointPath, out string? path)
    {
        path = null;
        trainer.Run.ResumedFrom = null;
        var loaded = checkpointPath is null
            ? null
            : trainer.Run.Search.Load(checkpointPath, new LoadOptions { Deferred = true }, out path);
        trainer.Run.ResumedFrom = path;
        return loaded;
    }

    [LoggerMessage(1020, LogLevel.Information, "Resumed from {Path} at step {Step} (epoch {Epoch}, batch {Batch})")]
    private static partial void LogResumed(ILogger logger, string path, long step, int epoch, int batch);

    [LoggerMessage(
        1022, LogLevel.Warning,
        "The run of {Path} is finished (step {Step}, epoch {Epoch}): nothing is trained, because {Limit}. "
            + "Raise the limit to train further.")]
    private static partial void LogFinished(ILogger logger, string path, long step, int epoch, string limit);
}
