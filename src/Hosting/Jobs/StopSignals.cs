using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Fulgurite.Jobs;

/// <summary>Stops the host at the first signal, whatever its lifetime does besides, and remembers which one it was.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TerminationSignals _signals = TerminationSignals.Listen();
    private readonly CancellationTokenRegistration _stopping;

    public StopSignals(IHostApplicationLifetime lifetime) => _stopping = _signals.Token.Register(lifetime.StopApplication);

    /// <summary>The exit code of a job that was stopped; one that the host stopped by itself counts as terminated.</summary>
    public int ExitCode => _signals.Received == PosixSignal.SIGINT ? TrainingExitCodes.Interrupted : TrainingExitCodes.Terminated;

    public void Dispose()
    {
        _stopping.Dispose();
        _signals.Dispose();
    }
}
