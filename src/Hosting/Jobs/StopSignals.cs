using System.Runtime.InteropServices;

namespace Fulgurite.Jobs;

/// <summary>Remembers which signal stopped the process; whoever handles it, the console lifetime of the host say, does so besides.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private volatile int _exitCode = TrainingExitCodes.Terminated;

    public StopSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => _exitCode = TrainingExitCodes.Interrupted),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => _exitCode = TrainingExitCodes.Terminated),
        ];

    /// <summary>The exit code of a job that was stopped.</summary>
    public int ExitCode => _exitCode;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
