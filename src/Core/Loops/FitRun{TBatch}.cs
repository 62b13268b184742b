using Fulgurite.Callbacks;
using Fulgurite.Checkpointing;
using Fulgurite.Data;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Loops;

/// <summary>A fit from set-up to tear-down, whichever way it ends.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed partial class FitRun<TBatch>(
    Trainer trainer,
    TrainingModule<TBatch> module,
    IEnumerable<TBatch> data,
    IEnumerable<TBatch>? validationData,
    ILogger logger)
{
    public FitResult Execute(string? checkpointPath, CancellationToken cancellation)
    {
        var tornDown = false;
        try
        {
            var status = Run(checkpointPath, cancellation);
            tornDown = true;
            trainer.Hooks.TearDown(RunStage.Fit);
            trainer.ThrowIfSavesFailed();
            return new FitResult(status, trainer.GlobalStep, trainer.CurrentEpoch, trainer.Metrics.Snapshot(), trainer.CheckpointCosts);
        }
        catch when (!tornDown)
        {
            TearDownAfterFailure();
            throw;
        }
    }

    private FitStatus Run(string? checkpointPath, CancellationToken cancellation)
    {
        FitStatus status;
        try
        {
            status = Train(checkpointPath, cancellation);
        }
        catch (Exception exception)
        {
            var cancelled = exception is OperationCanceledException && cancellation.IsCancellationRequested;
            EndEarly(exception, cancelled);
            if (!cancelled)
            {
                throw;
            }

            status = FitStatus.Cancelled;
        }

        trainer.Hooks.FitEnd();
        return status;
    }

    private FitStatus Train(string? checkpointPath, CancellationToken cancellation)
    {
        trainer.Hooks.SetUp(RunStage.Fit);
        using var checkpoint = Load(checkpointPath, out var path);
        trainer.Strategy.SetUp(module);
        var session = new FitSession(trainer, module, module.ConfigureOptimizers());
        var feed = new DataFeed<TBatch>(data, logger);
        trainer.EnterSession(session, feed);
        session.ClearGradients();
        if (checkpoint is not null)
        {
            new StateRestore(trainer, session, path!, logger).Apply(checkpoint);
            StateRestore.ApplyRandom(checkpoint);
            LogResumed(logger, path!, trainer.GlobalStep, trainer.CurrentEpoch, trainer.CurrentBatch);
        }

        trainer.Hooks.FitStart();
        PrepareForCheckpoints(session);
        trainer.Hooks.TrainStart();

        var status = new FitLoop<TBatch>(trainer, session, module, feed, validationData, cancellation)
            .Run(checkpoint is null ? null : () => StateRestore.ApplyRandom(checkpoint));

        trainer.Hooks.TrainEnd();
        trainer.Drain(module);
        return status;
    }

    private void TearDownAfterFailure()
    {
        try
        {
            trainer.Hooks.TearDown(RunStage.Fit);
        }
        catch (Exception second)
        {
            LogSecondFailure(logger, second);
        }
    }

    /// <summary>The first save is to cost no more than the others: what it needs is made ready while training begins.</summary>
    private void PrepareForCheckpoints(FitSession session)
    {
        if (trainer.CheckpointCallbacks.Count > 0 && trainer.Strategy.CheckpointIO.GetCapability<IO.ICheckpointPreparation>() is { } preparation)
        {
            try
            {
                using var state = StateCapture.Describe(trainer, session, weightsOnly: false);
                preparation.Prepare(state);
            }
            catch (NotSupportedException)
            {
                // An optimizer whose state cannot be saved: weights still can, and a save that asks for more says why it fails.
            }
        }
    }

    private TrainingState? Load(string? checkpointPath, out string? path)
    {
        path = checkpointPath is null ? null : trainer.ResolveCheckpoint(checkpointPath);
        trainer.ResumedFrom = path;
        return path is null ? null : trainer.Strategy.LoadCheckpoint(path, options: null);
    }

    /// <summary>Tells callbacks and drains; nothing that goes wrong here takes the place of what ended the run.</summary>
    private void EndEarly(Exception cause, bool cancelled)
    {
        try
        {
            trainer.CallbackList.Run(
                static (callback, arguments) => callback.OnException(arguments),
                new OnExceptionArguments(trainer, module, cause, cancelled));
        }
        catch (Exception second) when (!cancelled)
        {
            LogSecondFailure(logger, second);
        }
        finally
        {
            try
            {
                trainer.Drain(module);
            }
            catch (Exception second) when (!cancelled)
            {
                LogSecondFailure(logger, second);
            }
        }
    }

    [LoggerMessage(1020, LogLevel.Information, "Resumed from {Path} at step {Step} (epoch {Epoch}, batch {Batch})")]
    private static partial void LogResumed(ILogger logger, string path, long step, int epoch, int batch);

    [LoggerMessage(1021, LogLevel.Error, "Besides the exception that ended the run, its end failed too")]
    private static partial void LogSecondFailure(ILogger logger, Exception exception);
}
