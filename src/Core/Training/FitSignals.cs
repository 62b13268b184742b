using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>Stops a fit without a cancellation token on Ctrl-C and SIGTERM, and states what was saved.</summary>
internal sealed class FitSignals : IDisposable
{
    private readonly Trainer _trainer;
    private readonly TerminationSignals _signals;

    private FitSignals(Trainer trainer)
    {
        _trainer = trainer;
        _signals = TerminationSignals.Listen(signal =>
        {
            if (trainer.Strategy.Collectives.IsRankZero)
            {
                Console.Error.WriteLine(signal == PosixSignal.SIGINT
                    ? "Stopping after this step; press Ctrl-C again to stop at once."
                    : "Stopping after this step (SIGTERM).");
            }
        });
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
            CultureInfo.InvariantCulture, $"Stopped by {cause} after step {result.GlobalStep} (epoch {result.EpochsCompleted + 1}). {Saved()}"));
    }

    public void Dispose() => _signals.Dispose();

    private string Saved()
    {
        if (!_trainer.Run.Callbacks.SavesCheckpoints)
        {
            return "Nothing was saved: no callback saves checkpoints. Add one, e.g. builder.AddModelCheckpoint(o => o.SaveLast = true).";
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
            ? "Nothing was saved, because no checkpoint was due yet. To save on an interruption, add builder.AddOnExceptionCheckpoint()."
            : $"The newest checkpoint is {path}. To continue from it, run the program again with checkpointPath: Resume.IfPossible.";
    }
}
