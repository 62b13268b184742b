using Fulgurite.Cli;
using Fulgurite.IO;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class DoctorFileSystemTests
{
    private const int InputOutputError = 5;

    [TestMethod]
    public void Run_OrdinaryFolder_WorksAndIsLeftAsItWas()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);
        var before = Directory.GetFileSystemEntries(directory.Path).Order().ToList();

        var diagnoses = FileSystemCheck.Run(directory.Path, FileCalls.Native);

        Assert.IsEmpty(diagnoses.Where(diagnosis => diagnosis.Health == Health.Broken));
        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(directory.Path).Order().ToList());
        Assert.Contains("the largest checkpoint there has", diagnoses.Single(diagnosis => diagnosis.Check == "free space").Finding);
        CollectionAssert.AreEqual(
            new[] { "free space", "sync file", "rename", "sync folder", "hard links", "direct IO" },
            diagnoses.Select(diagnosis => diagnosis.Check).ToArray());
    }

    [TestMethod]
    [DataRow("sync file")]
    [DataRow("rename")]
    [DataRow("sync folder")]
    [DataRow("hard links")]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Run_CallThatFails_IsBrokenWithTheWordsOfTheSystem(string check)
    {
        using var directory = new TemporaryDirectory();

        var diagnoses = FileSystemCheck.Run(directory.Path, new FailingCalls(check));

        var broken = diagnoses.Single(diagnosis => diagnosis.Health == Health.Broken);
        Assert.AreEqual((check, "Input/output error"), (broken.Check, broken.Finding));
        Assert.Contains("another folder", broken.Remedy!);
        Assert.IsEmpty(Directory.GetFileSystemEntries(directory.Path));
    }

    [TestMethod]
    public void Run_FileSystemWithoutLinksAndDirectIO_IsNoted()
    {
        using var directory = new TemporaryDirectory();

        var notes = FileSystemCheck.Run(directory.Path, new PlainCalls())
            .Where(diagnosis => diagnosis.Health == Health.Note)
            .Select(diagnosis => diagnosis.Check)
            .ToArray();

        CollectionAssert.IsSubsetOf(new[] { "sync folder", "hard links", "direct IO" }, notes);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Run_FolderThatCannotBeWrittenTo_IsBroken()
    {
        // Not even root makes files there; of an ordinary folder root can write to any.
        var run = ToolRun.Of("doctor", "--checkpoints", "/sys");

        Assert.AreEqual(1, run.Code);
        Assert.MatchesRegex("(?m)^write +BROKEN +/sys cannot be written to: ", run.Output);
        Assert.Contains("-> Grant write access to the user who trains", run.Output);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Run_FolderInMemory_IsNoted()
    {
        if (!Directory.Exists("/dev/shm"))
        {
            Assert.Inconclusive("There is no /dev/shm.");
        }

        Assert.AreEqual(
            Health.Note, FileSystemCheck.Run("/dev/shm", FileCalls.Native).Single(diagnosis => diagnosis.Check == "sync file").Health);
    }

    /// <summary>A file system of which one call reports an error of the disk.</summary>
    private sealed class FailingCalls(string check) : FileCalls
    {
        public override void Sync(SafeFileHandle file) => Do("sync file", () => base.Sync(file));

        public override void Rename(string path, string target) => Do("rename", () => base.Rename(path, target));

        public override void SyncDirectory(SafeFileHandle? directory) => Do("sync folder", () => base.SyncDirectory(directory));

        public override bool TryLink(string existing, string path)
        {
            Do("hard links", () => { });
            return base.TryLink(existing, path);
        }

        private void Do(string name, Action call)
        {
            if (name == check)
            {
                throw new IOException(null, InputOutputError);
            }

            call();
        }
    }

    /// <summary>A file system that can only write and rename.</summary>
    private sealed class PlainCalls : FileCalls
    {
        public override SafeFileHandle? OpenDirectory(string path) => null;

        public override SafeFileHandle? CreateDirect(string path) => null;

        public override bool TryLink(string existing, string path) => false;
    }
}
