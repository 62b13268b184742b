using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>fsync and rename on Linux and macOS, with every result checked.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixFile
{
    private const int EInterrupted = 4;
    private const int EInvalid = 22;
    private const int FullSync = 51;

    private static readonly bool IsMac = OperatingSystem.IsMacOS();

    // O_DIRECTORY and O_CLOEXEC. The first has a different value on Linux on ARM.
    private static readonly int DirectoryFlags = IsMac ? 0x0110_0000
        : RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8_4000 : 0x9_0000;

    /// <summary>Opens a directory for syncing.</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        int descriptor;
        do
        {
            descriptor = Open(path, DirectoryFlags, 0);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == EInterrupted);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes a file durable.</summary>
    public static void Sync(SafeFileHandle file)
    {
        if (TrySync(file) is var error and not 0)
        {
            throw Failure(error);
        }
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public static void SyncDirectory(SafeFileHandle directory)
    {
        var error = TrySync(directory);
        if (error != 0 && !IsNotSupported(error))
        {
            // Some file systems do not sync directories; their renames are as durable as possible.
            throw Failure(error);
        }
    }

    /// <summary>Replaces a file by another one of the same file system.</summary>
    public static void Rename(string path, string target)
    {
        if (RenameFile(path, target) != 0)
        {
            throw Failure(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Returns the exception for an error number.</summary>
    public static IOException Failure(int error) => new(Marshal.GetPInvokeErrorMessage(error), error);

    private static int TrySync(SafeFileHandle file)
    {
        // On macOS, fsync leaves the data in the disk cache. It is the only option on file systems without F_FULLFSYNC.
        if (IsMac && Run(file, static file => Control(file, FullSync, 0)) is var full && !IsNotSupported(full))
        {
            return full;
        }

        return Run(file, FlushFile);
    }

    /// <summary>Makes a call until it is not interrupted, and returns its error number; zero if it succeeded.</summary>
    /// <remarks>An interrupted call is repeated: no disk error was reported or cleared.</remarks>
    internal static int Run(SafeFileHandle file, Func<SafeFileHandle, int> call)
    {
        while (call(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != EInterrupted)
            {
                return error;
            }
        }

        return 0;
    }

    // EINVAL, ENOTTY, ENOSYS, EOPNOTSUPP.
    private static bool IsNotSupported(int error) =>
        error is EInvalid or 25 || error == (IsMac ? 78 : 38) || error is (45 or 102) && IsMac || error == 95 && !IsMac;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushFile(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string path, string target);
}
