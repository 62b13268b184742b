using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fulgurite.Jobs;

/// <summary>Who still trains. The last job to end stops the host; the exit code is that of the first that did not end well.</summary>
internal sealed class TrainingJobTracker(IServiceProvider services, IHostApplicationLifetime lifetime, ProcessExit exit)
{
    private readonly Lock _gate = new();
    private readonly int _jobs = services.GetKeyedServices<TrainingJobChoice>(KeyedService.AnyKey).Count();
    private int _code = TrainingExitCodes.Completed;
    private int _ended;

    /// <summary>A job did not end in time: nobody waits for it any longer.</summary>
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
