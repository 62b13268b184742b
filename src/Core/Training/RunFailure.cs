using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Ends a run early. Failures here never replace the original exception.</summary>
internal sealed partial class RunFailure(Trainer trainer, TrainingModule module, ILogger logger)
{
    /// <summary>Notifies callbacks and drains pending saves.</summary>
    /// <param name="cause">The exception that ended the run.</param>
    /// <param name="cancelled">Whether the run was cancelled on request; further failures are then thrown to the caller.</param>
    public void End(Exception cause, bool cancelled)
    {
        TellOthers(cause, cancelled);
        try
        {
            trainer.Run.Hooks.CallAllCallbacks(new OnExceptionArguments(trainer, module, cause, cancelled));
        }
        catch (Exception second) when (!cancelled)
        {
            LogSecondFailure(logger, second);
        }
        finally
        {
            try
            {
                trainer.Run.Checkpoints.Drain(module, trainer.Options.DrainTimeout);
            }
            catch (Exception second) when (!cancelled)
            {
                LogSecondFailure(logger, second);
            }
        }
    }

    /// <summary>Calls the last hook.</summary>
    public void TearDown()
    {
        try
        {
            trainer.Run.Hooks.CallAll(new TearDownArguments(trainer, module, trainer.Stage));
        }
        catch (Exception second)
        {
            LogSecondFailure(logger, second);
        }
    }

    /// <summary>Drains saves that hooks started after the first drain.</summary>
    public void DrainRest()
    {
        try
        {
            trainer.Run.Checkpoints.DrainRest(module, trainer.Options.DrainTimeout);
        }
        catch (Exception second)
        {
            LogSecondFailure(logger, second);
        }
    }

    private void TellOthers(Exception cause, bool cancelled)
    {
        // A cancellation is agreed on by all.
        if (cancelled)
        {
            return;
        }

        try
        {
            trainer.Strategy.Fail(cause);
        }
        catch (Exception second)
        {
            LogSecondFailure(logger, second);
        }
    }

    [LoggerMessage(1021, LogLevel.Error, "The end of the run failed after the exception that ended it")]
    private static partial void LogSecondFailure(ILogger logger, Exception exception);
}

/// <summary>Adds the position in the run to errors of libtorch, and leaves the C++ frames to the inner exception.</summary>
internal static class NativeErrors
{
    /// <summary>Returns the exception to throw.</summary>
    /// <param name="exception">The error of libtorch.</param>
    /// <param name="module">The module of the run.</param>
    /// <param name="stage">What the module was doing, e.g. <c>training</c>.</param>
    /// <param name="epoch">The zero-based epoch; null outside a fit.</param>
    /// <param name="batch">The zero-based index of the batch.</param>
    public static InvalidOperationException At(ExternalException exception, TrainingModule module, string stage, int? epoch, int batch)
    {
        var place = string.Create(
            CultureInfo.InvariantCulture, $"{(epoch is { } number ? $"epoch {number + 1}, " : string.Empty)}batch {batch + 1}");
        return new InvalidOperationException($"{module.GetType().Name} failed in {stage}, {place}: {Reason(exception.Message)}", exception);
    }

    /// <summary>Returns the message without the stack of libtorch.</summary>
    private static string Reason(string message)
    {
        var frames = message.IndexOf("Exception raised from", StringComparison.Ordinal);
        return (frames > 0 ? message[..frames] : message).Trim();
    }
}
