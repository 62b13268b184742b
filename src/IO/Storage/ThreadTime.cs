using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>The processor time of the calling thread and of the threads that worked for it; on Linux, else zero.</summary>
internal static partial class ThreadTime
{
    private const int OfThisThread = 3;

    [ThreadStatic]
    private static long _joined;

    /// <summary>Gets the processor time of the calling thread alone, in ticks.</summary>
    public static long Own =>
        NativeCalls.OnLinux && GetTime(OfThisThread, out var time) == 0
            ? (time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick)
            : 0;

    /// <summary>Gets the processor time of the calling thread and of those added to it, in ticks.</summary>
    public static long Total => Own + _joined;

    /// <summary>Adds the time of a thread that worked for the calling one and has ended.</summary>
    public static void Join(long ticks) => _joined += ticks;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out ThreadTimeSpec time);

    private readonly struct ThreadTimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
