using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fulgurite.Jobs;

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
