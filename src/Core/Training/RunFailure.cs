using Fulgurite.Callbacks;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>What a run does when it ends early: nothing that goes wrong here takes the place of what ended it.</summary>
internal sealed partial class RunFailure(Trainer trainer, TrainingModule module, ILogger logger)
{
    /// <summary>Tells callbacks and drains.</summary>
    /// <param name="cause">What ended the run.</param>
    /// <param name="cancelled">Whether somebody asked for it; what fails now is then the caller's to know.</param>
    public void End(Exception cause, bool cancelled)
    {
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

    /// <summary>Ends what hooks have saved after the drain.</summary>
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

    [LoggerMessage(1021, LogLevel.Error, "Besides the exception that ended the run, its end failed too")]
    private static partial void LogSecondFailure(ILogger logger, Exception exception);
}
