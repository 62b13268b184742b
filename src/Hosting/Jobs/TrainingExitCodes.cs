namespace Fulgurite.Jobs;

/// <summary>What a process with training jobs exits with, so that a scheduler knows whether to start it again.</summary>
public static class TrainingExitCodes
{
    /// <summary>Every job ended by itself.</summary>
    public const int Completed = 0;

    /// <summary>A job failed.</summary>
    public const int Failed = 1;

    /// <summary>A job was stopped by Ctrl-C (SIGINT) before it had ended; its newest state is saved.</summary>
    public const int Interrupted = 130;

    /// <summary>A job was stopped by SIGTERM, or by the host, before it had ended; its newest state is saved.</summary>
    public const int Terminated = 143;
}

/// <summary>How the process ends.</summary>
internal class ProcessExit
{
    public virtual void Set(int code) => Environment.ExitCode = code;

    /// <summary>
    /// A thread still computes when the process ends: what native libraries do at its end would wait for it, or crash under it, and is left out.
    /// </summary>
    public virtual void LeaveThreads() => AppDomain.CurrentDomain.ProcessExit += (_, _) => ImmediateExit.With(Environment.ExitCode);
}
