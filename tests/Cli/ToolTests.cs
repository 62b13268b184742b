using System.Diagnostics;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class ToolTests
{
    public static IEnumerable<object[]> Commands =>
        [["inspect"], ["verify"], ["diff"], ["convert"], ["extract"], ["ls"], ["prune"], ["doctor"], ["completion"]];

    [TestMethod]
    [DynamicData(nameof(Commands))]
    public void Help_OfEveryCommand_DescribesEveryOption(string command)
    {
        var run = ToolRun.Of(command, "--help");

        run.AssertSucceeded();
        Assert.Contains($"fulgurite {command}", run.Output);
        Assert.DoesNotMatchRegex(@"(?m)^  (-., )?--[a-z-]+( <[^>]*>)?\s*$", run.Output);
        if (command != "completion")
        {
            Assert.Contains("--json", run.Output);
        }
    }

    [TestMethod]
    public void Run_WithoutCommand_ShowsHelpAndFails()
    {
        var run = ToolRun.Of();

        Assert.AreEqual(2, run.Code);
        Assert.Contains("inspect", run.Error);
    }

    [TestMethod]
    public void Run_WrongUse_IsOneLineWithTheRemedy()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["text.ckpt"], "This is no checkpoint at all.");

        ToolRun.Of("inspekt").AssertFailed(2, "'inspekt'", "inspect, verify");
        ToolRun.Of("inspect", "--dpeth", "3", "x").AssertFailed(2, "no option '--dpeth'");
        ToolRun.Of("inspect").AssertFailed(2, "Required argument");
        ToolRun.Of("inspect", directory["none.ckpt"]).AssertFailed(2, "There is no checkpoint", "none.ckpt");
        ToolRun.Of("inspect", directory.Path).AssertFailed(2, "is a folder", "fulgurite ls");
        ToolRun.Of("inspect", directory["text.ckpt"]).AssertFailed(1, "unknown format");
    }

    /// <summary>The remedy was a method of the trainer's builder, which a user of the tool does not have.</summary>
    [TestMethod]
    [DataRow("inspect", "s3://bucket/run1/last.ckpt", "aws s3 cp 's3://bucket/run1/last.ckpt' .")]
    [DataRow("verify", "S3://bucket/run1", "aws s3 cp 'S3://bucket/run1' . (with --recursive for a folder")]
    [DataRow("ls", "https://a.blob.core.windows.net/c/run?sig=secret", "azcopy copy 'https://a.blob.core.windows.net/c/run' . --recursive")]
    [DataRow("inspect", "gs://bucket/last.ckpt", "Copy it to a local folder first.")]
    public void Run_Url_NamesTheCommandThatCopiesIt(string command, string url, string remedy)
    {
        var run = ToolRun.Of(command, url);

        run.AssertFailed(2, $"'{url.Split('?')[0]}' is a URL, and this tool reads and writes local files.", remedy);
        Assert.DoesNotContain("secret", run.Error);
        ToolRun.Of("convert", "a.ckpt", url).AssertFailed(2, remedy);
    }

    [TestMethod]
    public void Suggest_Words_ComeFromTheCommandLine()
    {
        Assert.AreEqual("inspect\n", ToolRun.Of("[suggest:13]", "fulgurite ins").Output);
        Assert.Contains("bfloat16", ToolRun.Of("[suggest:30]", "fulgurite convert a b --dtype ").Output);
    }

    [TestMethod]
    public void Completion_Bash_CompletesInBash()
    {
        var script = ToolRun.Of("completion", "bash").Output;

        // The function, with the tool played by a function of its own.
        var test = $$"""
            fulgurite() { [ "$1" = "[suggest:13]" ] && [ "$2" = "fulgurite ins" ] && printf 'inspect\ninstead\n'; }
            {{script}}
            COMP_LINE="fulgurite ins"; COMP_POINT=13; COMP_WORDS=(fulgurite ins); COMP_CWORD=1
            _fulgurite_complete; echo "${COMPREPLY[*]}"
            """;
        var start = new ProcessStartInfo("bash", ["-c", test])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var bash = Process.Start(start)!;

        Assert.AreEqual("inspect instead\n", bash.StandardOutput.ReadToEnd());
        Assert.AreEqual(string.Empty, bash.StandardError.ReadToEnd());
    }

    [TestMethod]
    public void Progress_LongWork_GoesToTheTerminalOnlyAndIsWipedOff()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteRun(directory.Path);

        var shown = ToolRun.Of(new ToolRun.Look(80), "convert", directory["step=10.ckpt"], directory["a.safetensors"]);
        var redirected = ToolRun.Of("convert", directory["step=10.ckpt"], directory["b.safetensors"]);

        Assert.Contains("\rwriting", shown.Error);
        Assert.EndsWith(" \r", shown.Error);
        Assert.AreEqual(string.Empty, redirected.Error);
    }
}
