using System.Runtime.Versioning;
using Fulgurite.Cli;
using Fulgurite.IO;

namespace Fulgurite.Tests.Cli;

[TestClass]
[SupportedOSPlatform("linux")]
[OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
public sealed class LibraryFileTests
{
    private static readonly byte[] Original = [1, 2, 3], Adapted = [4, 5, 6];

    [TestMethod]
    public void Replace_FileWithASecondName_LeavesTheOtherNameAlone()
    {
        using var directory = new TemporaryDirectory();
        var (cached, output) = (directory["cached.so"], directory["output.so"]);
        File.WriteAllBytes(cached, Original);
        Assert.IsTrue(LinuxFile.TryLink(cached, output));

        LibraryFile.Replace(output, Adapted);

        CollectionAssert.AreEqual(Original, File.ReadAllBytes(cached));
        CollectionAssert.AreEqual(Adapted, File.ReadAllBytes(output));
    }

    [TestMethod]
    public void Replace_SymbolicLink_BecomesAFileAndLeavesItsTargetAlone()
    {
        using var directory = new TemporaryDirectory();
        var (cached, output) = (directory["cached.so"], directory["output.so"]);
        File.WriteAllBytes(cached, Original);
        File.SetLastWriteTimeUtc(cached, DateTime.UnixEpoch);
        File.CreateSymbolicLink(output, cached);

        LibraryFile.Replace(output, Adapted);

        Assert.IsNull(new FileInfo(output).LinkTarget);
        Assert.AreEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(output));
        CollectionAssert.AreEqual(Original, File.ReadAllBytes(cached));
    }

    [TestMethod]
    public void Replace_File_KeepsItsTimeAndMode()
    {
        using var directory = new TemporaryDirectory();
        var (path, time, mode) = (
            directory["a.so"],
            new DateTime(2026, 5, 7, 1, 2, 3, DateTimeKind.Utc),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        File.WriteAllBytes(path, Original);
        File.SetLastWriteTimeUtc(path, time);
        File.SetUnixFileMode(path, mode);

        LibraryFile.Replace(path, Adapted);

        Assert.AreEqual(time, File.GetLastWriteTimeUtc(path));
        Assert.AreEqual(mode, File.GetUnixFileMode(path));
    }

    [TestMethod]
    public void Replace_ManyAtTheSameTime_LeaveOneWholeFile()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["a.so"];
        var bytes = new byte[100_000];
        Array.Fill(bytes, (byte)7);
        File.WriteAllBytes(path, Original);

        Parallel.For(0, 16, _ => LibraryFile.Replace(path, bytes));

        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(directory.Path));
    }

    [TestMethod]
    public void Write_PlaceThatIsAFolder_FailsAndLeavesNothingBehind()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["a.so"]);
        File.WriteAllBytes(directory["original.so"], Original);

        Assert.Throws<Exception>(() => LibraryFile.Write(directory["a.so"], Adapted, modeOf: directory["original.so"]));

        Assert.HasCount(1, Directory.GetFiles(directory.Path));
    }
}
