using System.Diagnostics;
using Fulgurite.IO;
using Fulgurite.IO.Storage;
using Fulgurite.IO.Storage.Local;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>File systems that are full or read-only: made of memory by whoever may mount, told apart from mocks by being real.</summary>
[TestClass]
public sealed class FaultyFileSystemTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _ = Run("umount", _directory["mount"]);
        _directory.Dispose();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Write_OnAFullDisk_KeepsTheOldFileAndSaysWhatToDo(bool direct)
    {
        Mount("size=1m");
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = direct, DirectIOThreshold = 0 });
        storage.Write(_directory["mount/target"], Content(100_000), CancellationToken.None);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Write(_directory["mount/target"], Content(5 << 20), CancellationToken.None));

        StringAssert.Contains(failure.Message, "no space is left");
        StringAssert.Contains(failure.Message, _directory["mount/target"]);
        Assert.IsTrue(failure.IsTransient);
        Assert.AreEqual(100_000, new FileInfo(_directory["mount/target"]).Length);
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory["mount"]).Length, "no temporary file is left");
        storage.Write(_directory["mount/target"], Content(200_000), CancellationToken.None);
        Assert.AreEqual(200_000, new FileInfo(_directory["mount/target"]).Length, "a later save that fits is not spoiled");
    }

    [TestMethod]
    public void Write_OnAReadOnlyFileSystem_SaysSo()
    {
        Mount("size=1m");
        var storage = new LocalStorage();
        storage.Write(_directory["mount/target"], Content(10), CancellationToken.None);
        Assert.AreEqual(0, Run("mount", "-o", "remount,ro", _directory["mount"]));

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Write(_directory["mount/target"], Content(20), CancellationToken.None));

        StringAssert.Contains(failure.Message, "read-only");
        Assert.IsFalse(failure.IsTransient);
        Assert.AreEqual(10, new FileInfo(_directory["mount/target"]).Length);
        Assert.ThrowsExactly<CheckpointException>(() => storage.Delete(_directory["mount/target"]));
    }

    [TestMethod]
    public void Write_IntoADirectoryWithoutPermission_SaysSo()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Inconclusive("Whoever runs this test may write everywhere.");
            return;
        }

        Directory.CreateDirectory(_directory["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => new LocalStorage().Write(_directory["closed/target"], Content(1), CancellationToken.None));

        StringAssert.Contains(failure.Message, "permission is denied");
        Assert.IsFalse(failure.IsTransient);
    }

    [TestMethod]
    public void Write_ThroughALinkToAnotherFileSystem_IsStagedThere()
    {
        Mount("size=1m");
        File.CreateSymbolicLink(_directory["link"], _directory["mount/target"]);

        new LocalStorage().Write(_directory["link"], Content(10), CancellationToken.None);

        Assert.AreEqual(10, new FileInfo(_directory["mount/target"]).Length);
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory["mount"]).Length);
    }

    private void Mount(string options)
    {
        Directory.CreateDirectory(_directory["mount"]);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", _directory["mount"]) != 0)
        {
            Assert.Inconclusive("Nothing may be mounted here.");
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    private static FileContent Content(int length)
    {
        var content = new FileContent();
        content.Add(new byte[length]);
        return content;
    }
}
