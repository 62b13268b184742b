using System.Runtime.InteropServices;

namespace AttentionXml.Run;

/// <summary>Ctrl-C and SIGTERM as a token: the first asks the run to stop at its next step, the second ends the program at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;

    public Interruption(Action<string> say) =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, 2, say)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, 15, say)),
        ];

    public CancellationToken Token => _source.Token;

    /// <summary>The number of the first signal; 0 if there was none.</summary>
    public int Signal => Volatile.Read(ref _signal);

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal, Action<string> say)
    {
        if (Interlocked.CompareExchange(ref _signal, signal, 0) != 0)
        {
            return;
        }

        context.Cancel = true;
        say("Stopping after this step and saving; once more to stop at once.");
        _source.Cancel();
    }
}
