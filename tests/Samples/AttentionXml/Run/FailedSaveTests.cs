using System.Diagnostics;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed class FailedSaveTests : ApplicationTest
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("async")]
    [DataRow("torch")]
    public async Task Run_SaveFails_ReportsItInOneLineAndEndsWithCodeOne(string io)
    {
        // The system allows this process files of 16 KiB only: the checkpoint is larger.
        var start = new ProcessStartInfo(
            "bash",
            [
                "-c", "trap '' XFSZ; ulimit -f 16; exec dotnet exec \"$@\"", "bash",
                Path.Combine(AppContext.BaseDirectory, "AttentionXml.dll"), .. TinyArguments("--validate-every", "5", "--io", io),
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The runtime maps its code from a file otherwise, which counts.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = (await process.StandardError.ReadToEndAsync()).TrimEnd();
        await process.WaitForExitAsync();

        Assert.AreEqual(1, process.ExitCode, error);
        Assert.Contains(".ckpt", error);
        Assert.DoesNotContain("\n", error, "one line, no stack trace");
        Assert.DoesNotContain("Training is done", await output);
    }
}
