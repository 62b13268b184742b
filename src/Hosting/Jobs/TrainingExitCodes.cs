namespace Fulgurite.Jobs;

/// <summary>The exit codes of a process with training jobs, for example for a scheduler that restarts it.</summary>
public static class TrainingExitCodes
{
    /// <summary>Every job ended normally.</summary>
    public const int Completed = 0;

    /// <summary>A job failed.</summary>
    public const int Failed = 1;

    /// <summary>A job was stopped by Ctrl-C (SIGINT) before its end; its newest state is saved.</summary>
    public const int Interrupted = 130;

    /// <summary>A job was stopped by SIGTERM, or by the host, before its end; its newest state is saved.</summary>
    public const int Terminated = 143;
}

/// <summary>The end of the process.</summary>
internal class ProcessExit
{
    public virtual void Set(int code) => Environment.ExitCode = code;

    /// <summary>
    /// Skips the exit handlers of native libraries, because they would wait for, or crash, a thread that still computes.
    /// </summary>
    public virtual void LeaveThreads() => AppDomain.CurrentDomain.ProcessExit += (_, _) => ImmediateExit.With(Environment.ExitCode);
}
