using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>The calls of the operating system report their errors.</summary>
[TestClass]
public sealed class NativeCallTests : IDisposable
{
    private const int BadDescriptor = 9, Invalid = 22, CrossDevice = 18, NotFound = 2;

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

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("These are error numbers of Unix.");
        }
    }
}
