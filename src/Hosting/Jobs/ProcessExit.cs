namespace Fulgurite.Jobs;

/// <summary>The exit code of the process.</summary>
internal class ProcessExit
{
    public virtual void Set(int code) => Environment.ExitCode = code;
}
