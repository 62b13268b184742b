using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>Memory hints for the operating system. They affect only speed.</summary>
internal static unsafe partial class MemoryAdvice
{
    private const int AdviseHugePages = 14;

    /// <summary>Requests huge pages, which reduce the page faults of a new block to one in five hundred.</summary>
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
