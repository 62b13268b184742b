using System.Runtime.InteropServices;

namespace AttentionXml.Run;

/// <summary>A run is asked to stop: in good order the first time, and then at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signal;

    public CancellationToken Token => _source.Token;

    /// <summary>The number of the first signal; 0 if there was none.</summary>
    public int Signal => Volatile.Read(ref _signal);

    /// <summary>Asks the run to stop.</summary>
    /// <param name="signal">The number of the signal that says so.</param>
    /// <returns>Whether this was the first time.</returns>
    public bool Stop(int signal)
    {
        var first = Interlocked.CompareExchange(ref _signal, signal, 0) == 0;
        if (first)
        {
            _source.Cancel();
        }

        return first;
    }

    /// <summary>From now on Ctrl-C and SIGTERM stop the run; the second one ends the process as always.</summary>
    /// <param name="say">Takes a line for the user.</param>
    public void ListenToSignals(Action<string> say)
    {
        Listen(PosixSignal.SIGINT, 2);
        Listen(PosixSignal.SIGTERM, 15);

        void Listen(PosixSignal signal, int number) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            if (Stop(number))
            {
                context.Cancel = true;
                say("Stopping in good order; once more to stop at once.");
            }
        }));
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }
}
