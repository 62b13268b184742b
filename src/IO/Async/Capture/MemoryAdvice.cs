using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>What the operating system is told about memory. Advice only: where it is not taken, nothing but speed changes.</summary>
internal static unsafe partial class MemoryAdvice
{
    private const int AdviseHugePages = 14;

    /// <summary>Asks for huge pages: a fresh block then costs a five-hundredth of the page faults.</summary>
    public static void PreferHugePages(void* address, long byteLength)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Madvise(address, (nuint)byteLength, AdviseHugePages);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
