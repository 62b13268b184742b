using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>
/// Ctrl-C (SIGINT) and SIGTERM as a cancellation token: the first signal asks runs to stop at the next step boundary, a Ctrl-C after it ends the
/// process at once.
/// </summary>
/// <remarks>
/// <para>The handlers of others are kept and called too, whether they came before or after, except for the one of the system, which would end the
/// process. Disposing this takes its handlers away, and what was there before is there again. It may be made and used on any thread.</para>
/// <para>A process that is ended at once leaves valid checkpoints: a file is replaced as a whole or not at all. A temporary file may
/// stay, which the next run removes. SIGTERM may come several times, from a scheduler and from a parent, and ends nothing at once.</para>
/// <example><code>
/// using var signals = TerminationSignals.Listen(signal => Console.Error.WriteLine("Stopping; Ctrl-C to stop at once."));
/// await trainer.FitAsync(module, data, checkpointPath: resume, cancellationToken: signals.Token);
/// return signals.ExitCode;
/// </code></example>
/// </remarks>
public sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<PosixSignal>? _onStopping;
    private readonly Action<int> _exit;
    private int _received;

    /// <summary>Makes one that hears of no signal but those that <see cref="Raise"/> tells it.</summary>
    /// <param name="onStopping">Called once, with the first signal, before the token is cancelled; on the thread of the signal.</param>
    public TerminationSignals(Action<PosixSignal>? onStopping = null)
        : this(onStopping, ImmediateExit.With)
    {
    }

    internal TerminationSignals(Action<PosixSignal>? onStopping, Action<int> exit)
    {
        _onStopping = onStopping;
        _exit = exit;
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The first signal; null if there was none.</summary>
    public PosixSignal? Received => Volatile.Read(ref _received) is var received and not 0 ? (PosixSignal)received : null;

    /// <summary>What the process should exit with: 130 after Ctrl-C, 143 after SIGTERM, 0 if there was no signal.</summary>
    public int ExitCode => Received is { } signal ? CodeOf(signal) : 0;

    /// <summary>Listens to Ctrl-C and SIGTERM from now on.</summary>
    /// <param name="onStopping">Called once, with the first signal, before the token is cancelled; on the thread of the signal.</param>
    public static TerminationSignals Listen(Action<PosixSignal>? onStopping = null)
    {
        var signals = new TerminationSignals(onStopping);
        signals.Register();
        return signals;
    }

    /// <summary>Does what a signal does: for schedulers that warn in a way of their own.</summary>
    /// <param name="signal">SIGINT or SIGTERM. After the first signal SIGINT ends the process.</param>
    public void Raise(PosixSignal signal)
    {
        if (signal is not (PosixSignal.SIGINT or PosixSignal.SIGTERM))
        {
            throw new ArgumentOutOfRangeException(nameof(signal), signal, "Allowed are SIGINT and SIGTERM.");
        }

        if (Interlocked.CompareExchange(ref _received, (int)signal, 0) != 0)
        {
            if (signal == PosixSignal.SIGINT)
            {
                _exit(CodeOf(signal));
            }

            return;
        }

        try
        {
            _onStopping?.Invoke(signal);
        }
        finally
        {
            Cancel();
        }
    }

    /// <summary>Takes the handlers away. The token stays as it is.</summary>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _registrations.Clear();
        _source.Dispose();
    }

    internal void Register()
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Raise(context.Signal);
            }));
        }
    }

    private static int CodeOf(PosixSignal signal) => signal == PosixSignal.SIGINT ? 130 : 143;

    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The signal arrived while the program ends: whoever listened no longer does.
        }
    }
}

/// <summary>
/// Ends the process at once, without the exit handlers of native libraries: while a thread still computes in libtorch, these handlers wait for
/// it or crash.
/// </summary>
public static partial class ImmediateExit
{
    /// <summary>Ends the process.</summary>
    /// <param name="code">The exit code.</param>
    public static void With(int code)
    {
        if (!OperatingSystem.IsWindows())
        {
            ExitNow(code);
        }

        Environment.Exit(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ExitNow(int code);
}
