using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// Lets a thread give way to training. .NET's thread priorities do nothing on Linux, where each thread has a nice value, and a policy that says
/// whether it may take the processor from another one when it wakes up: the thread that saves would lose milliseconds to those that it wakes.
/// </summary>
internal static partial class BackgroundPriority
{
    private const int Nice = 10;
    private const int OfThisThread = 0;
    private const int BatchPolicy = 3;

    /// <summary>Lowers the priority of the calling thread, and of those it starts.</summary>
    /// <param name="nice">By how much; Linux counts to 19, the more the less it gets.</param>
    public static void Enter(int nice = Nice)
    {
        if (OperatingSystem.IsLinux())
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
