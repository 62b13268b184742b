using System.Runtime.InteropServices;

namespace Fulgurite.Interruptions;

/// <summary>
/// Ends the process without waiting for anything: an orderly exit runs what libraries want to be done at the end, under the feet of threads that
/// still compute, which waits or crashes.
/// </summary>
internal static partial class ImmediateExit
{
    public static void With(int code)
    {
        if (!OperatingSystem.IsWindows())
        {
            ExitNow(code);
        }

        Environment.Exit(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ExitNow(int code);
}
