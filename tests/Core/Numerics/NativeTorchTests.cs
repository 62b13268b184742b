namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
public sealed class NativeTorchTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;

    [TestCleanup]
    public void CleanUp() => Directory.Delete(_directory, recursive: true);

    [TestMethod]
    public void Explain_NoLibrary_NamesThePackageToAdd() =>
        Assert.Contains("dotnet add package TorchSharp-cpu", NativeTorch.Explain(_directory, "linux-x64", _ => null)!);

    [TestMethod]
    [DataRow("version `GLIBCXX_3.4.32' not found", "--fix", DisplayName = "old libstdc++")]
    [DataRow("libgomp.so.1: cannot open shared object file", "fulgurite doctor", DisplayName = "another cause")]
    public void Explain_LibraryThatDoesNotLoad_StatesTheErrorAndTheRemedy(string error, string remedy)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory, "runtimes", "linux-x64", "native")).FullName;
        foreach (var name in (string[])["libLibTorchSharp.so", "LibTorchSharp.dll", "libLibTorchSharp.dylib"])
        {
            File.WriteAllText(Path.Combine(folder, name), string.Empty);
        }

        var cause = NativeTorch.Explain(_directory, "linux-x64", _ => error);

        Assert.Contains(error, cause!);
        Assert.Contains(remedy, cause!);
        Assert.AreEqual(remedy == "--fix", cause!.Contains("--fix", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow(
        "Unable to load. Use strace:\n/a/b.so: version `GLIBCXX_3.4.32' not found\n/a/b.so.so: no such file",
        "/a/b.so: version `GLIBCXX_3.4.32' not found")]
    [DataRow("Unable to load. Use strace:\nlibgomp.so.1: cannot open\n", "libgomp.so.1: cannot open")]
    [DataRow("Unable to load DLL 'x' (0x7E)", "Unable to load DLL 'x' (0x7E)")]
    public void CauseOf_MessageOfTheRuntime_IsTheLineOfTheLoader(string message, string cause) =>
        Assert.AreEqual(cause, NativeTorch.CauseOf(message));

    [TestMethod]
    public void Load_LibraryIsThere_DoesNothing() => NativeTorch.Load();
}
