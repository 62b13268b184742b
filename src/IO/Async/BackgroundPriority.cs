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
    private const int OfOneThread = 0;
    private const int NormalPolicy = 0;
    private const int BatchPolicy = 3;

    /// <summary>Gets the nice value of the calling thread; 0 except on Linux, and if the calls of Linux are off.</summary>
    public static int OwnNice => NativeCalls.OnLinux ? GetPriority(OfOneThread, 0) : 0;

    /// <summary>Lowers the priority of the calling thread and of the threads that it starts.</summary>
    /// <param name="nice">The nice value; up to 19 on Linux, higher values get less processor time.</param>
    public static void Enter(int nice = Nice)
    {
        if (NativeCalls.OnLinux)
        {
            // "Process 0" is, on Linux, the calling thread alone. Where it is refused, the thread stays as it is.
            var parameters = 0;
            _ = SetScheduler(0, BatchPolicy, ref parameters);
            _ = SetPriority(OfOneThread, 0, Math.Max(nice, OwnNice));
        }
    }

    /// <summary>Gives a thread of this process on Linux the normal policy and a nice value.</summary>
    /// <param name="thread">The identifier of the thread.</param>
    /// <param name="nice">The nice value.</param>
    /// <returns>false if the kernel refuses the nice value, or its calls are off; then the thread stays as it is.</returns>
    public static bool TryLeave(int thread, int nice)
    {
        if (!NativeCalls.OnLinux || SetPriority(OfOneThread, (uint)thread, nice) != 0)
        {
            return false;
        }

        // Without it, the thread has the share, and preempts others later.
        var parameters = 0;
        _ = SetScheduler(thread, NormalPolicy, ref parameters);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, ref int parameters);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, uint who);
}
