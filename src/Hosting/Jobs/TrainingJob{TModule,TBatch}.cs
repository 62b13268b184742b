using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fulgurite.Jobs;

/// <summary>Runs one fit as a hosted service.</summary>
internal sealed class TrainingJob<TModule, TBatch>(
    string name,
    IServiceProvider services,
    IOptionsMonitor<TrainingJobOptions> options,
    StopSignals signals,
    TrainingJobTracker board,
    ILogger<TrainingJob<TModule, TBatch>> logger) : BackgroundService
    where TModule : TrainingModule<TBatch>
{
    private Trainer? _trainer;

    // Read late: a host creates its services before it reports errors in their options.
    private TrainingJobOptions Options => options.Get(name);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Incompatible parts prevent the start of the host, like invalid options, instead of failing a running job.
        GetTrainer();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (ExecuteTask is { IsCompleted: false })
        {
            // The host now disposes the container, including the storage, during the running fit.
            TrainingJobLog.TimedOut(logger, typeof(TModule).Name, Options.ShutdownTimeout);
            board.Abandon(TrainingExitCodes.Failed);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var code = TrainingExitCodes.Failed;
        try
        {
            var result = await FitAsync(stoppingToken).ConfigureAwait(false);
            code = result.Status == FitStatus.Cancelled ? signals.ExitCode : TrainingExitCodes.Completed;
            TrainingJobLog.Ended(logger, typeof(TModule).Name, result.Status, result.EpochsCompleted, result.GlobalStep, code);
        }
        catch (CheckpointException exception) when (_trainer?.CheckpointCosts.Failed > 0)
        {
            // The run has logged each failure with its stack.
            TrainingJobLog.NotSaved(logger, typeof(TModule).Name, exception.Path, code);
        }
        catch (Exception exception)
        {
            // A host reports an exception of a service and exits with 0; a scheduler needs the exit code.
            TrainingJobLog.Failed(logger, typeof(TModule).Name, exception);
        }
        finally
        {
            board.End(code, Options.StopHost);
        }
    }

    private Trainer GetTrainer() =>
        name.Length == 0 ? services.GetRequiredService<Trainer>() : services.GetRequiredKeyedService<Trainer>(name);

    private async Task<FitResult> FitAsync(CancellationToken stoppingToken)
    {
        var scope = services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var trainer = _trainer = GetTrainer();
            if (trainer.Options.Seed is { } seed)
            {
                // Before the module and the data are created: they draw random numbers. The fit seeds again, to be independent of that.
                Trainer.SeedEverything(seed);
            }

            var data = scope.ServiceProvider.GetRequiredService<ITrainingData<TBatch>>();
            var path = Options.Resume ? trainer.FindLastCheckpoint() : Options.CheckpointPath;
            if (path is not null)
            {
                TrainingJobLog.Resuming(logger, typeof(TModule).Name, path);
            }

            if (scope.ServiceProvider.GetService<TModule>() is { } registered)
            {
                return await trainer.FitAsync(registered, data.Train, data.Validation, path, stoppingToken).ConfigureAwait(false);
            }

            using var module = ActivatorUtilities.CreateInstance<TModule>(scope.ServiceProvider);
            return await trainer.FitAsync(module, data.Train, data.Validation, path, stoppingToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Log messages of jobs.</summary>
internal static partial class TrainingJobLog
{
    [LoggerMessage(
        5000, LogLevel.Information, "{Module} ended: {Status} after {Epochs} epochs and {Steps} steps. The process exits with {ExitCode}.")]
    public static partial void Ended(ILogger logger, string module, FitStatus status, int epochs, long steps, int exitCode);

    [LoggerMessage(5001, LogLevel.Critical, "Training {Module} failed.")]
    public static partial void Failed(ILogger logger, string module, Exception exception);

    [LoggerMessage(5002, LogLevel.Information, "{Module} resumes from {Path}.")]
    public static partial void Resuming(ILogger logger, string module, string path);

    [LoggerMessage(
        5004, LogLevel.Information,
        "{Module} ended, and '{Path}' or other checkpoints were not saved, as logged. The process exits with {ExitCode}.")]
    public static partial void NotSaved(ILogger logger, string module, string path, int exitCode);

    [LoggerMessage(
        5003, LogLevel.Critical,
        "{Module} did not reach a step boundary within {Timeout} after the stop request: checkpoints that are not yet written are lost. "
            + "Raise ShutdownTimeout.")]
    public static partial void TimedOut(ILogger logger, string module, TimeSpan timeout);
}

/// <summary>The job of a trainer, a keyed service.</summary>
/// <param name="Module">The class of the module.</param>
internal sealed record TrainingJobChoice(Type Module);

/// <summary>
/// Tracks the running jobs. The last job to end stops the host; the exit code is that of the first job that did not complete.
/// </summary>
internal sealed class TrainingJobTracker(IServiceProvider services, IHostApplicationLifetime lifetime, ProcessExit exit)
{
    private readonly Lock _gate = new();
    private readonly int _jobs = services.GetKeyedServices<TrainingJobChoice>(KeyedService.AnyKey).Count();
    private int _code = TrainingExitCodes.Completed;
    private int _ended;

    /// <summary>Stops waiting for a job that did not end in time.</summary>
    public void Abandon(int code)
    {
        exit.LeaveThreads();
        End(code, stopHost: false);
    }

    public void End(int code, bool stopHost)
    {
        lock (_gate)
        {
            _code = _code == TrainingExitCodes.Completed ? code : _code;
            exit.Set(_code);
            if (++_ended < _jobs || !stopHost)
            {
                return;
            }
        }

        lifetime.StopApplication();
    }
}

/// <summary>Stops the host at the first signal, independent of its lifetime, and records the signal.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TerminationSignals _signals = TerminationSignals.Listen();
    private readonly CancellationTokenRegistration _stopping;

    public StopSignals(IHostApplicationLifetime lifetime) => _stopping = _signals.Token.Register(lifetime.StopApplication);

    /// <summary>Gets the exit code of a stopped job; a stop by the host counts as terminated.</summary>
    public int ExitCode => _signals.Received == PosixSignal.SIGINT ? TrainingExitCodes.Interrupted : TrainingExitCodes.Terminated;

    public void Dispose()
    {
        _stopping.Dispose();
        _signals.Dispose();
    }
}
