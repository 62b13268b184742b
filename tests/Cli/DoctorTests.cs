using System.Text.Json.Nodes;
using Fulgurite.Cli;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class DoctorTests
{
    // Loading libtorch takes a second, and many times that on a busy machine.
    private const int LoadTimeout = 300_000;

    private static readonly SystemLibstdcxx Older = new(IsThere: true, IsCurrent: false), Current = new(IsThere: true, IsCurrent: true);

    [TestMethod]
    [Timeout(LoadTimeout)]
    public void Doctor_OutputFolderOfThisBuild_IsHealthy()
    {
        var run = ToolRun.Of("doctor", AppContext.BaseDirectory, "--json");

        run.AssertSucceeded();
        Assert.IsTrue((bool)run.Json["healthy"]!);
        Assert.AreEqual("ok", Check(run, ".NET").Health);
        Assert.Contains("LibTorchSharp", Check(run, "native libraries").Finding);
        Assert.Contains("CPU only", Check(run, "CUDA").Finding);
    }

    [TestMethod]
    public void Doctor_WithoutFolder_ChecksTheMachine()
    {
        var run = ToolRun.Of("doctor");

        run.AssertSucceeded();
        Assert.Contains(".NET", run.Output);
        Assert.Contains("CUDA", run.Output);
        Assert.DoesNotContain("native libraries", run.Output);
    }

    [TestMethod]
    [Timeout(LoadTimeout)]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Doctor_LibraryOfThePackageOnAnOlderLinux_IsBrokenUntilFixed()
    {
        if (!SystemLibstdcxx.Find().IsOlder)
        {
            Assert.Inconclusive("The system's libstdc++ is of GCC 13 or later and loads TorchSharp's library as it is.");
        }

        using var directory = new TemporaryDirectory();
        TorchSharpPackage.WriteOutput(directory.Path, File.ReadAllBytes(TorchSharpPackage.Library));

        var before = ToolRun.Of("doctor", directory.Path);
        var fix = ToolRun.Of("doctor", directory.Path, "--fix", "--json");
        var after = ToolRun.Of("doctor", directory.Path, "--fix", "--json");

        Assert.AreEqual(1, before.Code, before.Output);
        Assert.MatchesRegex("(?m)^libstdc.. +BROKEN .*GLIBCXX_3.4.32", before.Output);
        Assert.MatchesRegex("(?m)^native libraries +BROKEN .*GLIBCXX_3.4.32", before.Output);
        Assert.Contains("-> Add --fix", before.Output);
        fix.AssertSucceeded();
        Assert.AreEqual("fixed", Check(fix, "libstdc++").Health);
        Assert.AreEqual("ok", Check(fix, "native libraries").Health);
        after.AssertSucceeded();
        Assert.AreEqual("ok", Check(after, "libstdc++").Health);
    }

    [TestMethod]
    [Timeout(LoadTimeout)]
    [DataRow(100)]
    [DataRow(1_000_000)]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void Doctor_TruncatedLibrary_IsBrokenWhateverItDoesToTheLoader(int length)
    {
        using var directory = new TemporaryDirectory();
        TorchSharpPackage.WriteOutput(directory.Path, File.ReadAllBytes(TorchSharpPackage.Library)[..length]);

        var run = ToolRun.Of("doctor", directory.Path, "--fix", "--json");

        Assert.AreEqual(1, run.Code, run.Output);
        Assert.AreEqual("broken", Check(run, "native libraries").Health);
        Assert.Contains("libLibTorchSharp.so", Check(run, "native libraries").Finding);
        Assert.Contains("build again", Check(run, "native libraries").Remedy!);
        Assert.AreEqual(length, new FileInfo(directory[TorchSharpLibrary.FileName]).Length);
    }

    [TestMethod]
    public void Doctor_EmptyFolder_SaysWhichPackageIsMissing()
    {
        using var directory = new TemporaryDirectory();

        var run = ToolRun.Of("doctor", directory.Path, "--json");

        Assert.AreEqual(1, run.Code);
        Assert.Contains("TorchSharp-cpu", Check(run, "native libraries").Remedy!);
    }

    [TestMethod]
    public void Doctor_FolderOfEveryPlatform_ChecksTheLibrariesOfThisOne()
    {
        using var directory = new TemporaryDirectory();
        var native = Directory.CreateDirectory(directory[Path.Combine("runtimes", NativeFolder.Platform, "native")]).FullName;
        File.WriteAllText(new NativeFolder(native).TorchSharp, "no library");

        var run = ToolRun.Of("doctor", directory.Path, "--json");

        Assert.AreEqual(1, run.Code);
        Assert.Contains($"libtorch is missing in {native}", Check(run, "native libraries").Finding);
    }

    [TestMethod]
    public void Doctor_CopiesThatTorchSharpLeft_AreNoted()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["cpu"]);
        File.WriteAllText(new NativeFolder(directory["cpu"]).Libtorch, "copied");

        Assert.AreEqual("note", Check(ToolRun.Of("doctor", directory.Path, "--json"), "copies").Health);
    }

    [TestMethod]
    public void Doctor_ProgramForAnotherDotnet_NamesTheRuntimeToInstall()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(
            directory["a.runtimeconfig.json"],
            """{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "99.1.0" } } }""");

        var check = Check(ToolRun.Of("doctor", directory.Path, "--json"), ".NET");

        Assert.AreEqual("broken", check.Health);
        Assert.Contains("a.runtimeconfig.json asks for Microsoft.NETCore.App 99.1.0", check.Finding);
    }

    [TestMethod]
    public void Doctor_WrongUse_IsOneLineWithTheRemedy()
    {
        ToolRun.Of("doctor", "--fix").AssertFailed(2, "--fix needs the output folder");
        ToolRun.Of("doctor", "no-such-folder").AssertFailed(2, "The folder 'no-such-folder' does not exist");
        ToolRun.Of("doctor", "--checkpoints", "no-such-folder").AssertFailed(2, "The folder 'no-such-folder' does not exist");
    }

    [TestMethod]
    public void LibstdcxxCheck_Library_DependsOnTheSystem()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["a.so"];
        File.WriteAllBytes(path, new SyntheticLibrary().Build());

        Assert.AreEqual(Health.Ok, LibstdcxxCheck.Run(path, Current, fix: true).Health);
        Assert.AreEqual(Health.Ok, LibstdcxxCheck.Run(path, new SystemLibstdcxx(IsThere: false, IsCurrent: false), fix: true).Health);
        Assert.AreEqual(Health.Ok, LibstdcxxCheck.Run(null, Older, fix: true).Health);
        Assert.AreEqual(Health.Broken, LibstdcxxCheck.Run(path, Older, fix: false).Health);
        Assert.AreEqual(Health.Fixed, LibstdcxxCheck.Run(path, Older, fix: true).Health);
        Assert.AreEqual(Health.Ok, LibstdcxxCheck.Run(path, Older, fix: true).Health);
    }

    [TestMethod]
    public void LibstdcxxCheck_OtherFile_IsLeftAloneWithTheReason()
    {
        using var directory = new TemporaryDirectory();
        var bytes = new SyntheticLibrary
        {
            Symbols = [(SyntheticLibrary.NewSymbol, "GLIBCXX_3.4.32"), ("_ZSt3new", "GLIBCXX_3.4.32")],
        }.Build();
        File.WriteAllBytes(directory["a.so"], bytes);

        var diagnosis = LibstdcxxCheck.Run(directory["a.so"], Older, fix: true);

        Assert.AreEqual(Health.Note, diagnosis.Health);
        Assert.Contains("not changed: it needs GLIBCXX_3.4.32 for _ZSt21ios_base_library_initv, _ZSt3new", diagnosis.Finding);
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(directory["a.so"]));
    }

    [TestMethod]
    [DataRow(false, "no-driver there is no NVIDIA driver", nameof(Health.Ok), "CPU only")]
    [DataRow(false, "driver for CUDA 13.0, 1 device", nameof(Health.Note), "TorchSharp-cuda-")]
    [DataRow(true, "no-driver the NVIDIA driver reports error 100", nameof(Health.Broken), "error 100")]
    [DataRow(true, "driver for CUDA 12.0, 1 device|devices 0", nameof(Health.Broken), "newer driver")]
    [DataRow(true, "driver for CUDA 13.0, 2 devices|devices 2", nameof(Health.Ok), "2 devices")]
    [DataRow(true, "driver for CUDA 13.0, 2 devices|loading libc10.so|failed no", nameof(Health.Note), "not checked")]
    public void CudaCheck_BuildAndDriver_AreComparedAndTheRemedyNamed(bool hasCuda, string lines, string expected, string text)
    {
        using var directory = new TemporaryDirectory();
        var folder = new NativeFolder(directory.Path);
        if (hasCuda)
        {
            File.WriteAllText(folder.LibtorchForCuda, "built for CUDA");
        }

        var diagnosis = CudaCheck.Run(folder, new LoadReport(lines.Split('|'), string.Empty, 0));

        Assert.AreEqual(expected, diagnosis.Health.ToString());
        Assert.Contains(text, $"{diagnosis.Finding} {diagnosis.Remedy}");
    }

    [TestMethod]
    [DataRow("driver for CUDA 13.0, 1 device|loading /out/libc10.so|devices 0|done", 0, null)]
    [DataRow("loading /out/libc10.so|failed no such file", 0, "no such file")]
    [DataRow("loading /out/libc10.so|loading /out/libtorch_cpu.so", 139, "loading libtorch_cpu.so ends the process with SIGSEGV: words")]
    [DataRow("loading /out/libc10.so", 3, "loading libc10.so ends the process with code 3: words")]
    [DataRow("loading /out/libc10.so", null, "loading libc10.so does not return")]
    [DataRow("", 134, "loading the CUDA driver ends the process with SIGABRT: words")]
    public void LoadReport_OfAProcess_NamesTheLibraryThatEndedIt(string lines, int? code, string? problem) =>
        Assert.AreEqual(problem, new LoadReport(lines.Split('|'), "words", code).Problem);

    private static (string Health, string Finding, string? Remedy) Check(ToolRun run, string name)
    {
        var check = run.Json["checks"]!.AsArray().OfType<JsonNode>().Single(check => (string)check["check"]! == name);
        return ((string)check["health"]!, (string)check["finding"]!, (string?)check["remedy"]);
    }
}
