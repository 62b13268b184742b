using Fulgurite.Interruptions;

namespace Fulgurite.Jobs;

/// <summary>How the process ends.</summary>
internal class ProcessExit
{
    public virtual void Set(int code) => Environment.ExitCode = code;

    /// <summary>
    /// A thread still computes when the process ends: what native libraries do at its end would wait for it, or crash under it, and is left out.
    /// </summary>
    public virtual void LeaveThreads() => AppDomain.CurrentDomain.ProcessExit += (_, _) => ImmediateExit.With(Environment.ExitCode);
}
