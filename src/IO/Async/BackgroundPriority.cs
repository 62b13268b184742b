using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// Lowers the priority of threads below that of training. .NET thread priorities have no effect on Linux, where each thread has a nice
/// value and a scheduling policy that determines whether it preempts others on wake-up: the saving thread would lose milliseconds to the
/// threads that it wakes.
/// </summary>
internal static partial class BackgroundPriority
{
    private const int Nice = 10;
    private const int OfThisThread = 0;
    private const int BatchPolicy = 3;

    /// <summary>Lowers the priority of the calling thread and of the threads that it starts.</summary>
    /// <param name="nice">The nice value; up to 19 on Linux, higher values get less processor time.</param>
    public static void Enter(int nice = Nice)
    {
        if (NativeCalls.OnLinux)
        {
            // "Process 0" is, on Linux, the calling thread alone. Where it is refused, the thread stays as it is.
            var parameters = 0;
            _ = SetScheduler(0, BatchPolicy, ref parameters);
            _ = SetPriority(0, OfThisThread, nice);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int process, int policy, ref int parameters);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
