using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>Memory hints for the operating system. They affect only speed.</summary>
internal static unsafe partial class MemoryAdvice
{
    private const int Page = 4096;
    private const int AdviseHugePages = 14;
    private const int AdviseNoHugePages = 15;
    private const int PopulateForWrites = 23;

    /// <summary>Requests huge pages, which reduce the page faults of a new block to one in five hundred, or refuses them.</summary>
    public static void SetHugePages(void* address, long byteLength, bool prefers)
    {
        if (NativeCalls.OnLinux)
        {
            _ = Madvise(address, (nuint)byteLength, prefers ? AdviseHugePages : AdviseNoHugePages);
        }
    }

    /// <summary>
    /// Commits pages that are about to be written, all at once (Linux 5.14 and later). Their content stays as it is. A page fault for each
    /// of them takes longer, most of all in a virtual machine.
    /// </summary>
    public static void Populate(void* address, long byteLength)
    {
        if (NativeCalls.OnLinux)
        {
            var start = (nuint)address / Page * Page;
            _ = Madvise((void*)start, (nuint)address + (nuint)byteLength - start, PopulateForWrites);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
