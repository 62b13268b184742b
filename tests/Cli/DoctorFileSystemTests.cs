using Fulgurite.Cli.Doctor;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class DoctorFileSystemTests
{
    [TestMethod]
    public void Run_OrdinaryFolder_WorksAndIsLeftAsItWas()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);
        var before = Directory.GetFileSystemEntries(directory.Path).Order().ToList();

        var diagnoses = FileSystemCheck.Run(directory.Path);

        Assert.IsEmpty(diagnoses.Where(diagnosis => diagnosis.Health == Health.Broken));
        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(directory.Path).Order().ToList());
        Assert.Contains("the largest checkpoint there has", diagnoses.Single(diagnosis => diagnosis.Check == "free space").Finding);
        string[] expected = OperatingSystem.IsLinux() ? ["free space", "sync file", "rename", "sync folder", "hard links", "direct IO"] : ["free space", "sync file", "rename"];
        CollectionAssert.AreEqual(expected, diagnoses.Select(diagnosis => diagnosis.Check).ToArray());
    }

    [TestMethod]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Run_FolderThatCannotBeWrittenTo_IsBroken()
    {
        // Not even root makes files there; of an ordinary folder root can write to any.
        var run = ToolRun.Of("doctor", "--checkpoints", "/sys");

        Assert.AreEqual(1, run.Code);
        Assert.MatchesRegex("(?m)^write +BROKEN +/sys cannot be written to: ", run.Output);
        Assert.Contains("-> Give the user who trains write access", run.Output);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Run_FolderInMemory_IsNoted()
    {
        if (!Directory.Exists("/dev/shm"))
        {
            Assert.Inconclusive("There is no /dev/shm.");
        }

        Assert.AreEqual(Health.Note, FileSystemCheck.Run("/dev/shm").Single(diagnosis => diagnosis.Check == "sync file").Health);
    }
}
