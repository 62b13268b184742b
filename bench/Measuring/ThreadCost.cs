using System.Runtime;
using System.Runtime.InteropServices;

namespace Fulgurite.Bench.Measuring;

/// <summary>What the calling thread has spent that a second run of the same code does not: compiled methods and touched pages.</summary>
/// <param name="Methods">The number of methods compiled on this thread.</param>
/// <param name="Compiling">The time spent on that.</param>
/// <param name="Faults">The number of minor page faults of this thread; zero except on Linux.</param>
internal readonly partial record struct ThreadCost(long Methods, TimeSpan Compiling, long Faults)
{
    private const int OfThisThread = 1;
    private const int MinorFaults = 8;

    public static ThreadCost Now =>
        new(JitInfo.GetCompiledMethodCount(currentThread: true), JitInfo.GetCompilationTime(currentThread: true), ReadFaults());

    public static ThreadCost operator +(ThreadCost left, ThreadCost right) =>
        new(left.Methods + right.Methods, left.Compiling + right.Compiling, left.Faults + right.Faults);

    public static ThreadCost operator -(ThreadCost left, ThreadCost right) =>
        new(left.Methods - right.Methods, left.Compiling - right.Compiling, left.Faults - right.Faults);

    private static long ReadFaults()
    {
        // struct rusage: two times of two words each, then ru_maxrss, ru_ixrss, ru_idrss, ru_isrss and ru_minflt.
        Span<nint> usage = stackalloc nint[18];
        return OperatingSystem.IsLinux() && GetUsage(OfThisThread, ref usage[0]) == 0 ? usage[MinorFaults] : 0;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ref nint usage);
}
