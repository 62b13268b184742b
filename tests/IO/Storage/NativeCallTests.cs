using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>The calls of the operating system report their errors.</summary>
[TestClass]
public sealed class NativeCallTests : IDisposable
{
    private const int BadDescriptor = 9, Invalid = 22, CrossDevice = 18, NotFound = 2, Interrupted = 4, DeviceError = 5, Exists = 17,
        TooBig = 27, NoSpace = 28;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestMethod]
    public void Sync_OfSomethingThatCannotBeSynced_Throws()
    {
        SkipOnWindows();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);

        // fsync answers EINVAL for a pipe; the base library ignores it, as it does EIO.
        Assert.AreEqual(Invalid, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Sync(handle)).HResult);
        FileCalls.Native.SyncDirectory(handle);
    }

    [TestMethod]
    public void SyncDirectory_OfADescriptorThatIsNone_Throws()
    {
        SkipOnWindows();
        using var handle = new SafeFileHandle(1 << 20, ownsHandle: false);

        Assert.AreEqual(BadDescriptor, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.SyncDirectory(handle)).HResult);
        Assert.AreEqual(BadDescriptor, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Sync(handle)).HResult);
    }

    [TestMethod]
    public void OpenDirectory_OfNothing_Throws()
    {
        SkipOnWindows();
        Assert.AreEqual(NotFound, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.OpenDirectory(_directory["none"])).HResult);
    }

    [TestMethod]
    public void Rename_ToAnotherFileSystem_ThrowsAndCopiesNothing()
    {
        if (!Directory.Exists("/dev/shm") || new DriveInfo("/dev/shm").DriveFormat == new DriveInfo(_directory.Path).DriveFormat)
        {
            Assert.Inconclusive("There is no second file system at /dev/shm.");
        }

        var other = Path.Combine("/dev/shm", Path.GetFileName(_directory.Path));
        File.WriteAllText(_directory["file"], "content");

        var failure = Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Rename(_directory["file"], other));

        Assert.AreEqual(CrossDevice, failure.HResult);
        Assert.IsFalse(File.Exists(other));
        StringAssert.Contains(StorageErrors.Describe(failure, "a.ckpt", "saved").Message, "on another file system");
    }

    [TestMethod]
    public void Rename_OverAFile_ReplacesIt()
    {
        File.WriteAllText(_directory["new"], "new");
        File.WriteAllText(_directory["old"], "old");

        FileCalls.Native.Rename(_directory["new"], _directory["old"]);

        Assert.AreEqual("new", File.ReadAllText(_directory["old"]));
        Assert.IsFalse(File.Exists(_directory["new"]));
    }

    [TestMethod]
    public void Run_InterruptedCall_IsMadeAgain()
    {
        SkipOnWindows();
        using var handle = new SafeFileHandle(1 << 20, ownsHandle: false);
        int[] errors = [Interrupted, Interrupted, DeviceError];
        var calls = 0;

        var error = OperatingSystem.IsWindows() ? 0 : UnixFile.Run(handle, _ =>
        {
            Marshal.SetLastPInvokeError(errors[calls++]);
            return -1;
        });

        Assert.AreEqual((DeviceError, 3), (error, calls));
    }

    [TestMethod]
    public void Reserve_MoreThanAFileHolds_ThrowsBeforeAnythingIsWritten()
    {
        SkipWhereNotLinux();
        using var file = FileCalls.Native.Create(_directory["file"], 0);

        var failure = Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Reserve(file, long.MaxValue - 4096));

        CollectionAssert.Contains(new[] { TooBig, NoSpace }, failure.HResult);
    }

    [TestMethod]
    public void WriteAndTruncate_MoreThanAFileHolds_ThrowAnIOException()
    {
        SkipWhereNotLinux();
        using var file = FileCalls.Native.Create(_directory["file"], 0);

        Assert.AreEqual(
            TooBig, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Write(file, new byte[10], long.MaxValue - 4096)).HResult);
        Assert.AreEqual(TooBig, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.Truncate(file, long.MaxValue - 4096)).HResult);
    }

    [TestMethod]
    public void Reserve_WhereNothingCanBeReserved_DoesNothing()
    {
        SkipWhereNotLinux();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);

        FileCalls.Native.Reserve(handle, 1);
    }

    [TestMethod]
    public void CreateDirect_FileThatExists_ThrowsAndKeepsIt()
    {
        SkipWhereNotLinux();
        File.WriteAllText(_directory["file"], "content");

        Assert.AreEqual(Exists, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.CreateDirect(_directory["file"])).HResult);
        Assert.AreEqual("content", File.ReadAllText(_directory["file"]));
    }

    [TestMethod]
    public void CreateDirect_NoDirectIO_LeavesNoFile()
    {
        SkipWhereNotLinux();

        var path = "/dev/shm/" + Path.GetFileName(_directory.Path);
        using var file = Directory.Exists("/dev/shm") ? FileCalls.Native.CreateDirect(path) : null;
        if (file is not null || !Directory.Exists("/dev/shm"))
        {
            File.Delete(path);
            Assert.Inconclusive("No file system without direct IO is at /dev/shm.");
        }

        Assert.IsFalse(File.Exists(path));
    }

    [TestMethod]
    public void TryLink_NameThatIsTaken_Throws()
    {
        SkipWhereNotLinux();
        File.WriteAllText(_directory["one"], "1");
        File.WriteAllText(_directory["two"], "2");

        Assert.AreEqual(
            Exists, Assert.ThrowsExactly<IOException>(() => FileCalls.Native.TryLink(_directory["one"], _directory["two"])).HResult);
        Assert.AreEqual("2", File.ReadAllText(_directory["two"]));
    }

    [TestMethod]
    public void EndDirect_OfADescriptorThatIsNone_Throws()
    {
        SkipWhereNotLinux();
        using var handle = new SafeFileHandle(1 << 20, ownsHandle: false);

        Assert.AreEqual(BadDescriptor, Assert.ThrowsExactly<IOException>(End).HResult);

        void End()
        {
            if (OperatingSystem.IsLinux())
            {
                LinuxFile.EndDirect(handle);
            }
        }
    }

    private static void SkipWhereNotLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("These are calls of Linux.");
        }
    }

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("These are error numbers of Unix.");
        }
    }
}
