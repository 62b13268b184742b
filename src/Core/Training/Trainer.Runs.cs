using Fulgurite.Composition;
using Microsoft.Extensions.Options;

namespace Fulgurite;

/// <content>Begins and ends runs, one at a time, and finds the session of the running or the last fit.</content>
public sealed partial class Trainer
{
    internal FitSession Session(string purpose) => Run.Session ?? throw new InvalidOperationException($"{purpose}: no fit is running.");

    /// <summary>Returns the session of the running fit, or else of the last one.</summary>
    /// <exception cref="InvalidOperationException">There is none, or its module is disposed.</exception>
    /// <exception cref="ObjectDisposedException">No fit is running and the trainer is disposed.</exception>
    internal FitSession SessionToSave()
    {
        if (Run.Session is { } running)
        {
            return running;
        }

        const string Purpose = "There is nothing to save";
        if (_isDisposed)
        {
            throw new ObjectDisposedException(
                nameof(Trainer),
                $"{Purpose}: the trainer is disposed, and with it the optimizers of its last fit. Save before disposing it.");
        }

        var ended = Run.Ended ?? throw new InvalidOperationException(
            $"{Purpose}: no fit is running, and there is none that ended without an error and whose weights are still those of its end. "
                + "Save after a fit, in its hooks, or with a callback, e.g. ModelCheckpoint with SaveLast.");
        return ended.Session.ParameterNames.Keys.Any(parameter => parameter.IsInvalid)
            ? throw new InvalidOperationException(
                $"{Purpose}: the module '{ended.Session.Module.GetType().Name}' of the last fit is disposed. Save before disposing it.")
            : ended.Session;
    }

    /// <summary>Begins a run. No other run can begin until the scope is disposed.</summary>
    /// <exception cref="InvalidOperationException">A run is already in progress.</exception>
    /// <exception cref="ObjectDisposedException">The trainer is disposed.</exception>
    internal RunScope BeginRun(TrainingModule module, RunStage stage, object data)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        if (_isDisposed)
        {
            throw new ObjectDisposedException(
                nameof(Trainer), "The trainer is disposed. Create another one, or dispose it after its last run.");
        }

        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new InvalidOperationException("The trainer is already running. Wait for its run to end, or create a second trainer.");
        }

        try
        {
            if (stage == RunStage.Fit && module.IsRunByAnother(this))
            {
                throw new InvalidOperationException(
                    $"Another trainer runs the module '{module.GetName()}'. Wait for that run to end, or use a separate module.");
            }

            var options = CheckOptions();
            var callbacks = IgnoresModuleCallbacks ? _own : _moduleCallbacks.For(module, options.EnableCheckpointing);
            callbacks.Begin(options.FastDevRun > 0);

            // An evaluation keeps the counters of the preceding fit, so that loggers place its metrics after those of the fit.
            var before = Run;
            Run = new TrainerRun(this, module, stage, options, callbacks, stage == RunStage.Fit ? new RunProgress() : before.Progress);
            if (stage == RunStage.Fit)
            {
                before.ForgetEnded();
            }
            else
            {
                Run.TakeEnded(before);
            }
        }
        catch
        {
            Volatile.Write(ref _running, 0);
            throw;
        }

        var scope = new RunScope(this, module, module.Attach(this));
        try
        {
            Metrics.Clear();
            Metrics.GlobalStep = GlobalStep;
            return scope;
        }
        catch
        {
            // A metric of the module may fail to reset.
            scope.Dispose();
            throw;
        }
    }

    private TrainerOptions CheckOptions()
    {
        var result = new AnnotationValidator<TrainerOptions>().Validate(null, Options);
        if (!result.Succeeded)
        {
            throw new OptionsValidationException(nameof(TrainerOptions), typeof(TrainerOptions), result.Failures);
        }

        var options = Options.ForRun();
        RunNumerics.Check(options, Strategy);
        return options;
    }

    private void EndRun(TrainingModule module, Trainer? before)
    {
        module.Detach(this, before);
        Run.End();
        if (_isDisposed)
        {
            Run.ForgetEnded();
        }

        Volatile.Write(ref _running, 0);
    }

    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module of the run.</param>
    /// <param name="before">The trainer that ran the module before: a hook of a fit may evaluate the module with another trainer.</param>
    internal readonly struct RunScope(Trainer trainer, TrainingModule module, Trainer? before) : IDisposable
    {
        public void Dispose() => trainer.EndRun(module, before);
    }
}
