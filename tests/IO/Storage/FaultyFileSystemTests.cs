using System.Diagnostics;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>File systems that are full or read-only: made of memory by whoever may mount, told apart from mocks by being real.</summary>
[TestClass]
public sealed class FaultyFileSystemTests : IDisposable
{
    // Requests of one page: Linux takes a longer one, of which only a part was written, for a success.
    private const string MountByPages =
        "loop=$(losetup -f --show $0) && { echo 4 > /sys/block/$(basename $loop)/queue/max_sectors_kb && mount $loop $1; status=$?; "
            + "losetup -d $loop; exit $status; }";

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

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => storage.Write(_directory["mount/target"], Content(5 << 20), CancellationToken.None));

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

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => storage.Write(_directory["mount/target"], Content(20), CancellationToken.None));

        StringAssert.Contains(failure.Message, "read-only");
        Assert.IsFalse(failure.IsTransient);
        Assert.AreEqual(10, new FileInfo(_directory["mount/target"]).Length);
        Assert.ThrowsExactly<CheckpointException>(() => storage.Delete(_directory["mount/target"]));
    }

    [TestMethod]
    public void Write_IntoADirectoryWithoutPermission_SaysSo()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Rights of Unix are needed.");
            return;
        }

        Directory.CreateDirectory(_directory["closed"]);
        File.WriteAllText(_directory["closed/target"], "old");
        File.SetUnixFileMode(_directory["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        if (Environment.IsPrivilegedProcess && Run("chattr", "+i", _directory["closed"]) != 0)
        {
            Assert.Inconclusive("Whoever runs this test may write everywhere.");
        }

        CheckpointException failure;
        try
        {
            failure = Assert.ThrowsExactly<CheckpointException>(
                () => new LocalStorage().Write(_directory["closed/target"], Content(1), CancellationToken.None));
            Assert.ThrowsExactly<CheckpointException>(
                () => new LocalStorage().Write(_directory["closed/below/target"], Content(1), CancellationToken.None));
            Assert.ThrowsExactly<CheckpointException>(() => new LocalStorage().Delete(_directory["closed/target"]));
            Assert.AreEqual("old", File.ReadAllText(_directory["closed/target"]));
            Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory["closed"]).Length);
        }
        finally
        {
            _ = Run("chattr", "-i", _directory["closed"]);
            File.SetUnixFileMode(_directory["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        StringAssert.Contains(failure.Message, "permission is denied");
        Assert.IsFalse(failure.IsTransient);
    }

    [TestMethod]
    [Timeout(60_000)]
    public void WriteAndOpen_PipeInItsPlace_RefuseAndLeaveIt()
    {
        if (Run("mkfifo", _directory["pipe"]) != 0)
        {
            Assert.Inconclusive("There are no pipes here.");
        }

        var saving = Assert.ThrowsExactly<CheckpointException>(
            () => new LocalStorage().Write(_directory["pipe"], Content(1), CancellationToken.None));
        var loading = Assert.ThrowsExactly<CheckpointException>(() => new LocalStorage().Open(_directory["pipe"]));

        StringAssert.Contains(saving.Message, "device or a pipe");
        StringAssert.Contains(loading.Message, "device or a pipe");
        CollectionAssert.AreEqual(new[] { _directory["pipe"] }, Directory.GetFileSystemEntries(_directory.Path));
    }

    [TestMethod]
    [DataRow(5, "device reported an error", true)]
    [DataRow(13, "permission is denied", false)]
    [DataRow(20, "is a file, not a directory", false)]
    [DataRow(24, "too many files are open", true)]
    [DataRow(27, "files of this size", false)]
    [DataRow(28, "no space is left", true)]
    [DataRow(30, "read-only", false)]
    [DataRow(36, "too long", false)]
    [DataRow(40, "cycle", false)]
    [DataRow(116, "network file system", true)]
    [DataRow(122, "quota", true)]
    public void Describe_ErrorOfTheSystem_SaysWhatItIsAndWhetherTryingAgainHelps(int error, string expected, bool isTransient)
    {
        var described = StorageErrors.Describe(new IOException("as the system has it", error), "a/b.ckpt", "saved");
        StringAssert.Contains(described.Message, expected);
        StringAssert.Contains(described.Message, "a/b.ckpt");
        Assert.AreEqual("a/b.ckpt", described.Path);
        Assert.AreEqual(isTransient, described.IsTransient);
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

    /// <summary>The real thing: the device runs full below the file system, and only fsync reports it.</summary>
    [TestMethod]
    public void Write_OnADeviceThatFailsToWriteBack_ReportsItAndLosesNothingThatWasReportedDurable()
    {
        const int files = 12, length = 2 << 20;
        Mount("size=12m");
        Directory.CreateDirectory(_directory["disk"]);
        if (Run("truncate", "-s", "48m", _directory["mount/image"]) != 0
            || Run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", _directory["mount/image"]) != 0
            || Run("sh", "-c", MountByPages, _directory["mount/image"], _directory["disk"]) != 0)
        {
            Assert.Inconclusive("No loop device can be mounted here.");
        }

        try
        {
            var storage = new LocalStorage(new LocalStorageOptions { DirectIO = false });
            var durable = new List<int>();
            for (var number = 0; number < files; number++)
            {
                try
                {
                    storage.Write(_directory[$"disk/{number}"], Content(length, (byte)(number + 1)), CancellationToken.None);
                    durable.Add(number);
                }
                catch (CheckpointException)
                {
                }
            }

            Assert.IsLessThan(files, durable.Count, "12 MiB hold no 24");
            Assert.IsGreaterThan(0, durable.Count);
            Assert.AreEqual(0, Run("umount", _directory["disk"]));
            Assert.AreEqual(0, Run("mount", "-o", "loop,ro", _directory["mount/image"], _directory["disk"]));
            foreach (var number in durable)
            {
                var bytes = File.ReadAllBytes(_directory[$"disk/{number}"]);
                Assert.AreEqual(length, bytes.Length);
                Assert.AreEqual(-1, bytes.AsSpan().IndexOfAnyExcept((byte)(number + 1)), $"file {number}, which was reported durable");
            }
        }
        finally
        {
            _ = Run("umount", "-l", _directory["disk"]);
        }
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
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    private static FileContent Content(int length, byte value = 0)
    {
        var content = new FileContent();
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        content.Add(bytes);
        return content;
    }
}
