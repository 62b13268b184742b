using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>Flush and rename on Windows, with every result checked.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsFile
{
    private const uint ReplaceExisting = 1;
    private const uint WriteThrough = 8;
    private const int LongestPlainPath = 247;

    /// <summary>Makes a file durable.</summary>
    public static void Sync(SafeFileHandle file)
    {
        if (!FlushFileBuffers(file))
        {
            throw Failure();
        }
    }

    /// <summary>Replaces a file by another one of the same volume; unlike <c>File.Move</c>, without MOVEFILE_COPY_ALLOWED.</summary>
    public static void Rename(string path, string target)
    {
        if (!MoveFile(Extended(path), Extended(target), ReplaceExisting | WriteThrough))
        {
            throw Failure();
        }
    }

    private static IOException Failure()
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException(Marshal.GetPInvokeErrorMessage(error), unchecked((int)0x80070000) | error);
    }

    private static string Extended(string path) =>
        path.Length <= LongestPlainPath || path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + path[2..]
        : @"\\?\" + path;

    [LibraryImport("kernel32", EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string path, string target, uint flags);
}
