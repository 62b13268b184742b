using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>File operations that only Linux offers: direct IO, preallocation, hard links, file types.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LinuxFile
{
    private const int EInvalid = 22;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const int SetFlags = 4;
    private const int ModeBeforeUmask = 0x1B6;

    // The flag has a different value on ARM.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Direct = IsArm ? 0x10000 : 0x4000;

    /// <summary>Creates a file for direct IO; returns null if the file system does not support it.</summary>
    public static SafeFileHandle? CreateDirect(string path)
    {
        var descriptor = Open(path, ReadWrite | Create | Exclusive | CloseOnExec | Direct, ModeBeforeUmask);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        if (error != EInvalid)
        {
            throw UnixFile.Failure(error);
        }

        // Linux creates the file before it finds that the file system does not support direct IO.
        File.Delete(path);
        return null;
    }

    /// <summary>Switches a file from direct IO to the page cache.</summary>
    public static void EndDirect(SafeFileHandle file)
    {
        if (Control(file, SetFlags, 0) != 0)
        {
            throw UnixFile.Failure(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>
    /// Preallocates space, so that a full disk is reported before writing. Does nothing if the file system does not support it.
    /// </summary>
    public static void Reserve(SafeFileHandle file, long length)
    {
        const int noSpace = 28, fileTooBig = 27, quota = 122;
        if (length > 0 && Allocate(file, 0, 0, length) != 0 && Marshal.GetLastPInvokeError() is noSpace or fileTooBig or quota)
        {
            throw UnixFile.Failure(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>
    /// Creates a hard link; returns false if links are not supported, the file systems differ, or the file does not exist.
    /// </summary>
    public static bool TryLink(string existing, string path)
    {
        const int notPermitted = 1, notFound = 2, notImplemented = 38, notSupported = 95, crossDevice = 18, tooManyLinks = 31;
        if (HardLink(existing, path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is notPermitted or notFound or notImplemented or notSupported or crossDevice or tooManyLinks
            ? false
            : throw UnixFile.Failure(error);
    }

    /// <summary>Returns true if the path is neither a file nor a directory: a device or a pipe.</summary>
    public static unsafe bool IsSpecial(string path)
    {
        const int currentDirectory = -100, modeOffset = 28, kindMask = 0xF000, regular = 0x8000, directory = 0x4000;
        const uint kind = 1;
        var status = stackalloc byte[256];
        return Status(currentDirectory, path, 0, kind, status) == 0
            && (*(ushort*)(status + modeOffset) & kindMask) is not (regular or directory);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int HardLink(string existing, string path);
}
