using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Stops a fit without a cancellation token on Ctrl-C and SIGTERM, and states what was saved.</summary>
internal sealed partial class FitSignals : IDisposable
{
    private const string HowToContinue = "To continue, run the program again with checkpointPath: Resume.IfPossible.";

    private readonly Trainer _trainer;
    private readonly TerminationSignals _signals;

    private FitSignals(Trainer trainer)
    {
        _trainer = trainer;
        _signals = new TerminationSignals(ReportStopping, ImmediateExit.With, ReportEnding);
        _signals.Register();
    }

    public CancellationToken Token => _signals.Token;

    /// <summary>Starts listening; returns null if the caller or nobody handles signals.</summary>
    public static FitSignals? Listen(Trainer trainer, CancellationToken cancellation) =>
        cancellation.CanBeCanceled || !trainer.Options.StopOnSignals || trainer.IgnoresModuleCallbacks ? null : new FitSignals(trainer);

    /// <summary>Writes what was saved if a signal stopped the fit.</summary>
    public void Report(FitResult result)
    {
        if (_signals.Received is not { } signal || result.Status != FitStatus.Cancelled)
        {
            return;
        }

        Environment.ExitCode = _signals.ExitCode;
        if (!_trainer.Strategy.Collectives.IsRankZero)
        {
            return;
        }

        var cause = signal == PosixSignal.SIGINT ? "Ctrl-C" : "SIGTERM";
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Stopped by {cause} after step {result.GlobalStep} (epoch {result.EpochsCompleted + 1}).\n{Saved()}"));
        Console.Error.WriteLine("Code after the fit still runs, unless it tests result.IsInterrupted.");
    }

    public void Dispose() => _signals.Dispose();

    /// <summary>Warns of what a fit lost that a token has stopped; after a signal, the report states it.</summary>
    public static void WarnOfUnsaved(Trainer trainer, FitResult result)
    {
        if (result.IsInterrupted && trainer.Run.Callbacks.SavesCheckpoints && trainer.Run.UnsavedSteps is var steps and > 0
            && trainer.CheckpointCosts.Failed == 0)
        {
            LogUnsaved(trainer.Log, result.GlobalStep, steps, result.GlobalStep - steps);
        }
    }

    private void ReportStopping(PosixSignal signal)
    {
        if (_trainer.Strategy.Collectives.IsRankZero)
        {
            Console.Error.WriteLine(signal == PosixSignal.SIGINT
                ? "Stopping after this step; press Ctrl-C again to stop at once."
                : "Stopping after this step (SIGTERM).");
        }
    }

    /// <summary>
    /// Writes the newest confirmed checkpoint before a second Ctrl-C ends the process. The run continues meanwhile.
    /// </summary>
    private void ReportEnding()
    {
        if (!_trainer.Strategy.Collectives.IsRankZero)
        {
            return;
        }

        var (saved, resumed) = (_trainer.Run.Checkpoints.Saved, _trainer.ResumedFrom);
        var state = (saved, resumed) switch
        {
            ({ } newest, _) => string.Create(
                CultureInfo.InvariantCulture, $"The newest confirmed checkpoint is {newest.Path} (step {newest.GlobalStep})."),
            (null, { } path) => $"This run has no confirmed checkpoint; it resumed from {path}.",
            _ => "This run has no confirmed checkpoint.",
        };
        var cause = _signals.Received == PosixSignal.SIGINT ? "the second Ctrl-C" : "Ctrl-C";
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Ended by {cause} at step {_trainer.GlobalStep}, without waiting for pending saves.\n{state}"));
        if (saved is not null || resumed is not null)
        {
            Console.Error.WriteLine(HowToContinue);
        }
    }

    // One statement a line, so that a terminal of 80 columns breaks nothing but long paths.
    private string Saved()
    {
        if (!_trainer.Run.Callbacks.SavesCheckpoints)
        {
            return "Nothing was saved: no callback saves checkpoints.\nAdd one, e.g. builder.AddModelCheckpoint(o => o.SaveLast = true).";
        }

        string? path;
        try
        {
            path = _trainer.FindLastCheckpoint();
        }
        catch (CheckpointException exception)
        {
            return $"The newest checkpoint cannot be used: {exception.Message}";
        }

        return path is null
            ? "Nothing was saved, because no checkpoint was due yet.\nTo save on an interruption, add builder.AddOnExceptionCheckpoint()."
            : $"The newest checkpoint is {path}.\n{Unsaved()}{HowToContinue}";
    }

    private string Unsaved()
    {
        if (_trainer.Run.UnsavedSteps is not (var steps and > 0))
        {
            return string.Empty;
        }

        var remedy = _trainer.CheckpointCosts.Failed > 0
            ? string.Empty
            : "\nTo save on an interruption, add builder.AddOnExceptionCheckpoint().";
        return string.Create(
            CultureInfo.InvariantCulture, $"{steps} step{(steps == 1 ? " since it is" : "s since it are")} not saved.{remedy}\n");
    }

    [LoggerMessage(
        1023, LogLevel.Warning,
        "The run was interrupted after step {Step}. {Count} steps since step {Saved} are not saved, because no callback saves on an "
            + "interruption. Add one, e.g. builder.AddOnExceptionCheckpoint()")]
    private static partial void LogUnsaved(ILogger logger, long step, long count, long saved);
}
