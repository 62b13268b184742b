using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Fulgurite.Jobs;

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
