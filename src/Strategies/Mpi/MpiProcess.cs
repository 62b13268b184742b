using System.Globalization;

namespace Fulgurite;

/// <summary>The membership of this process in the group of its launcher: from the first use of MPI to the end of the process.</summary>
/// <remarks>
/// MPI is initialized and terminated at most once in a process. It is terminated when the process exits, so that strategies can be created
/// and disposed any number of times.
/// </remarks>
internal sealed class MpiProcess
{
    // The time that the other processes have after a failure to save what they have and to exit.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadTime = TimeSpan.FromMilliseconds(200);
    private static readonly Lock Gate = new();

    // The numbers of processes by Open MPI, by MPICH and its relatives, and by a step of Slurm.
    private static readonly string[] LauncherSizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];
    private static MpiProcess? _current;

    private readonly MpiLibrary _library;
    private int _runs;
    private int _ended;

    private MpiProcess(MpiLibrary library)
    {
        _library = library;
        ThreadLevel = library.Initialize();
        (Rank, Size) = library.Group();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Exit();
        AppDomain.CurrentDomain.UnhandledException += (_, arguments) => OnUnhandled(arguments.ExceptionObject as Exception);
    }

    public int Rank { get; }

    public int Size { get; }

    /// <summary>Gets the level of thread support that the library provides.</summary>
    public int ThreadLevel { get; }

    public MpiLibrary Library => _library;

    /// <summary>Gets or sets a value indicating whether the other processes know that a run has failed.</summary>
    public bool FailureIsKnown { get; set; }

    /// <summary>Gets or sets the time after which a process that exits reports that others have not.</summary>
    public TimeSpan ReportAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the membership, and joins the group if this is the first use.</summary>
    /// <param name="library">The path or file name of the MPI library; null to find it.</param>
    /// <exception cref="DllNotFoundException">There is no MPI library.</exception>
    /// <exception cref="InvalidOperationException">The library does not belong to the launcher.</exception>
    public static MpiProcess Join(string? library)
    {
        lock (Gate)
        {
            _current ??= new MpiProcess(MpiLibrary.Load(library));
            RequireGroup(_current.Size, _current._library.FileName, Environment.GetEnvironmentVariable);
            return _current;
        }
    }

    /// <summary>Checks that the library has found the other processes of the launcher.</summary>
    /// <param name="size">The number of processes in the group of the library.</param>
    /// <param name="library">The name of the library.</param>
    /// <param name="environment">Returns the value of an environment variable.</param>
    /// <exception cref="InvalidOperationException">The launcher has started several processes, and the group has only this one.</exception>
    internal static void RequireGroup(int size, string library, Func<string, string?> environment)
    {
        // The first variable is that of the innermost launcher: mpirun of Open MPI within a step of srun sets its own.
        var launcher = LauncherSizes.FirstOrDefault(name => int.TryParse(environment(name), out _));
        if (size == 1 && launcher is not null && int.Parse(environment(launcher)!, CultureInfo.InvariantCulture) is > 1 and var started)
        {
            throw new InvalidOperationException(
                $"The launcher has started {started} processes ({launcher}), and the MPI library {library} finds a group of 1: it does "
                    + "not belong to the launcher, so each process would train alone. Set "
                    + $"{nameof(MpiStrategyOptions)}.{nameof(MpiStrategyOptions.Library)} to the library of the launcher, or use the "
                    + "launcher of the library (mpirun.openmpi, mpirun.mpich; with Slurm, srun --mpi=pmix for Open MPI and "
                    + $"srun --mpi=pmi2 for MPICH). If only this process is to train, as in a shell of srun --pty, unset {launcher}.");
        }
    }

    /// <summary>Called at the start of a run, in which the other processes wait for this one.</summary>
    public void EnterRun() => Interlocked.Exchange(ref _runs, 1);

    /// <summary>Called at the end of a run.</summary>
    public void LeaveRun() => Interlocked.Exchange(ref _runs, 0);

    /// <summary>Ends all processes of the group at once, and writes the reason to the standard error.</summary>
    public void Abort(string reason)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        Say($"ends all processes: {reason}");
        LetTheLauncherRead();

        // An abort beside a thread within a collective operation may not return; the launcher ends the others when this process dies.
        using var last = new Timer(_ => Environment.FailFast(reason), null, AbortLimit, Timeout.InfiniteTimeSpan);
        _library.Abort(1);
    }

    /// <summary>Writes to the standard error what happened to this process, before the launcher can end it.</summary>
    public void Say(string what)
    {
        Console.Error.WriteLine($"Rank {Rank} ({Environment.MachineName}) {what}");
        Console.Error.Flush();
    }

    private void OnUnhandled(Exception? exception)
    {
        if (FailureIsKnown)
        {
            // The others end by themselves, and rank 0 may still be writing a checkpoint.
            Exit();
            return;
        }

        Abort($"{exception?.GetType().Name}: {exception?.Message}");
    }

    private void Exit()
    {
        if (Environment.ExitCode != 0 && Volatile.Read(ref _runs) != 0 && !FailureIsKnown)
        {
            Abort($"it exited with the code {Environment.ExitCode} during a run.");
            return;
        }

        if (Interlocked.CompareExchange(ref _ended, 1, 0) != 0)
        {
            return;
        }

        // The termination waits for all processes. After a failure one of them may wait for this one elsewhere. After a success one may
        // still be at work of its own, for as long as it takes, or may have been stopped.
        using var watchdog = Environment.ExitCode != 0 || FailureIsKnown
            ? new Timer(_ => EndOthers(), null, Grace, Timeout.InfiniteTimeSpan)
            : new Timer(
                _ => Say($"has ended, and has waited {ReportAfter.TotalSeconds:F0} s for other ranks to end."), null, ReportAfter,
                Timeout.InfiniteTimeSpan);
        _library.Terminate();
    }

    private void EndOthers()
    {
        Say($"ends all processes: it failed, and has waited {Grace.TotalSeconds:F0} s for other ranks to end.");
        LetTheLauncherRead();
        _library.Abort(1);
    }

    // The launcher of MPICH drops the output that it has not read when a process aborts.
    private static void LetTheLauncherRead() => Thread.Sleep(ReadTime);
}
