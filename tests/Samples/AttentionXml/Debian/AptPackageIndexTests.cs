using AttentionXml.Data;
using AttentionXml.Data.Debian;
using AttentionXml.Run;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

/// <summary>With programs of our own in the place of apt's, so that no test depends on the machine or changes it.</summary>
[TestClass]
public sealed class AptPackageIndexTests : IDisposable
{
    private const string OnePackage = "printf 'Package: a\\nSection: s\\n\\n'";

    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private readonly TemporaryFolder _programs = new();
    private readonly List<string> _said = [];

    public AptPackageIndexTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("The programs are shell scripts.");
        }

        Program("sudo", "[ \"$1\" = -n ] && shift && exec \"$@\"");
        Environment.SetEnvironmentVariable("PATH", $"{_programs.Path}:/usr/bin:/bin");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _programs.Dispose();
    }

    [TestMethod]
    public void Read_ListsThere_GivesThePackagesAndUpdatesNothing()
    {
        Program("apt-cache", $"[ \"$*\" = dumpavail ] && {OnePackage}");
        Program("apt-get", "exit 1");

        Assert.AreEqual("a", Read().Single().Name);
        Assert.IsEmpty(_said);
    }

    [TestMethod]
    public void Read_ListsEmpty_FetchesThemAndSaysSo()
    {
        Program("apt-cache", $"if [ -e {_programs.File("updated")} ]; then {OnePackage}; fi");
        Program("apt-get", $"[ \"$1\" = update ] && echo talk && touch {_programs.File("updated")}");

        Assert.AreEqual("a", Read().Single().Name);
        Assert.Contains("apt-get update", _said.Single());
    }

    [TestMethod]
    public void Read_ListsStayEmpty_IsNoPackageIndex()
    {
        Program("apt-cache", "exit 0");
        Program("apt-get", "exit 0");

        AssertFails<NoPackageIndexException>("lists no package, not even after 'apt-get update'");
    }

    [TestMethod]
    public void Read_UpdateFails_IsNoPackageIndex()
    {
        Program("apt-cache", "exit 0");
        Program("apt-get", "exit 100");

        AssertFails<NoPackageIndexException>("'apt-get update' ended with exit code 100");
    }

    [TestMethod]
    public void Read_DumpBreaksOff_FailsInsteadOfTakingWhatCame()
    {
        Program("apt-cache", $"{OnePackage}; exit 3");

        AssertFails<InputException>("'apt-cache dumpavail' ended with exit code 3");
    }

    [TestMethod]
    public void Read_NoAptOnTheMachine_IsAnErrorOfItsOwn()
    {
        Environment.SetEnvironmentVariable("PATH", _programs.Path);

        var failure = Assert.ThrowsExactly<NoPackageIndexException>(() => Read());
        Assert.Contains("'apt-cache' cannot be run here", failure.Message);
    }

    [TestMethod]
    [DataRow(false, "'apt-cache' cannot be run here", DisplayName = "no program")]
    [DataRow(true, "'apt-get update' ended with exit code 100", DisplayName = "no lists and no network")]
    public void Open_NoPackageIndex_GeneratesDocumentsAndSaysSo(bool hasApt, string expected)
    {
        using var data = new TemporaryFolder();
        if (hasApt)
        {
            Program("apt-cache", "exit 0");
            Program("apt-get", "exit 100");
        }

        Environment.SetEnvironmentVariable("PATH", _programs.Path);
        using var output = new StringWriter();
        var screen = new Screen(output, output, Columns: null);

        var files = new RunData(new RunOptions(), screen, data.File).Open();

        Assert.AreEqual(Path.Combine(data.Path, "generated", "small", "train.txt"), files.TrainFile);
        Assert.Contains(expected, output.ToString());
        Assert.Contains("Training on generated documents instead.", output.ToString());
    }

    private IReadOnlyList<Package> Read() => new AptPackageIndex(_said.Add).Read();

    private void AssertFails<TException>(string expected)
        where TException : InputException
    {
        var failure = Assert.ThrowsExactly<TException>(() => Read());
        Assert.Contains(expected, failure.Message);
        Assert.Contains("--data DIR", failure.Message);
        Assert.Contains("--generate small", failure.Message);
    }

    private void Program(string name, string script)
    {
        _programs.Write(name, "#!/bin/sh", script);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_programs.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
