using System.Runtime.InteropServices;

namespace Fulgurite.Bench.Cold;

/// <summary>The processor time of the child processes that have ended; zero except on Linux.</summary>
internal static partial class ChildTimes
{
    private const int OfChildren = -1;

    public static TimeSpan Now
    {
        get
        {
            // struct rusage begins with the time in user mode and that in the kernel, each as seconds and microseconds.
            Span<nint> usage = stackalloc nint[18];
            return OperatingSystem.IsLinux() && GetUsage(OfChildren, ref usage[0]) == 0
                ? TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3])
                : TimeSpan.Zero;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ref nint usage);
}
