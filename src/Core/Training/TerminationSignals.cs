using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>
/// Exposes Ctrl-C (SIGINT) and SIGTERM as a cancellation token. The first signal requests runs to stop at the next step boundary; a further
/// Ctrl-C terminates the process immediately.
/// </summary>
/// <remarks>
/// <para>Other signal handlers remain registered and are called too, except for the default handler, which would terminate the process.
/// Disposing this object removes its handlers and restores the previous behavior. It can be created and used on any thread.</para>
/// <para>Immediate termination leaves valid checkpoints, because a file is replaced as a whole or not at all. A temporary file may remain
/// and is removed by the next run. SIGTERM may arrive repeatedly, from a scheduler and a parent process, and never terminates
/// immediately.</para>
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
    private readonly Action? _onEnding;
    private int _received;

    /// <summary>Initializes an instance that does not listen to signals and reacts only to <see cref="Raise"/>.</summary>
    /// <param name="onStopping">Called once, on the first signal, before the token is cancelled; on the signal handling thread.</param>
    public TerminationSignals(Action<PosixSignal>? onStopping = null)
        : this(onStopping, ImmediateExit.With)
    {
    }

    /// <param name="onStopping">Called on the first signal.</param>
    /// <param name="exit">Ends the process.</param>
    /// <param name="onEnding">Called before it, on another thread; the process ends without it after a second.</param>
    internal TerminationSignals(Action<PosixSignal>? onStopping, Action<int> exit, Action? onEnding = null)
    {
        _onStopping = onStopping;
        _exit = exit;
        _onEnding = onEnding;
    }

    /// <summary>Gets a token that is cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gets the first signal; null if there was none.</summary>
    public PosixSignal? Received => Volatile.Read(ref _received) is var received and not 0 ? (PosixSignal)received : null;

    /// <summary>Gets the exit code for the process: 130 after Ctrl-C, 143 after SIGTERM, 0 without a signal.</summary>
    public int ExitCode => Received is { } signal ? CodeOf(signal) : 0;

    /// <summary>Starts listening to Ctrl-C and SIGTERM.</summary>
    /// <param name="onStopping">Called once, on the first signal, before the token is cancelled; on the signal handling thread.</param>
    public static TerminationSignals Listen(Action<PosixSignal>? onStopping = null)
    {
        var signals = new TerminationSignals(onStopping);
        signals.Register();
        return signals;
    }

    /// <summary>Simulates a signal, e.g. for schedulers with their own form of warning.</summary>
    /// <param name="signal">SIGINT or SIGTERM. After the first signal, SIGINT terminates the process.</param>
    public void Raise(PosixSignal signal)
    {
        if (signal is not (PosixSignal.SIGINT or PosixSignal.SIGTERM))
        {
            throw new ArgumentOutOfRangeException(nameof(signal), signal, "Only SIGINT and SIGTERM are supported.");
        }

        if (Interlocked.CompareExchange(ref _received, (int)signal, 0) != 0)
        {
            if (signal == PosixSignal.SIGINT)
            {
                CallOnEnding();
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

    /// <summary>Removes the signal handlers. The token keeps its state.</summary>
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

    // A terminal that was stopped, or another thread that holds it, must not keep the process from ending.
    private void CallOnEnding()
    {
        if (_onEnding is not { } onEnding)
        {
            return;
        }

        var ending = new Thread(() =>
        {
            try
            {
                onEnding();
            }
            catch (Exception)
            {
                // It is the terminal that is gone, and an exception here would replace the exit code.
            }
        })
        { IsBackground = true };
        ending.Start();
        ending.Join(TimeSpan.FromSeconds(1));
    }

    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The signal arrived during shutdown, after the listener was disposed.
        }
    }
}

/// <summary>
/// Ends the process at once, without the exit handlers of native libraries: while a thread still computes in libtorch, these handlers wait
/// for it or crash.
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
