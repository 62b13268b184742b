namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>The real process, since the log goes to its console.</summary>
[TestClass]
public sealed class FailedSaveTests : ApplicationTest
{
    [TestMethod]
    [DataRow("async")]
    [DataRow("torch")]
    public async Task Run_FolderCannotBeMade_ReportsItInOneLineAndEndsWithCodeOne(string io)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Runs)!);
        await File.WriteAllTextAsync(Runs, "in the way");

        using var process = StartTiny("--validate-every", "5", "--io", io);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = (await process.StandardError.ReadToEndAsync()).TrimEnd();
        await process.WaitForExitAsync();

        Assert.AreEqual(1, process.ExitCode, error);
        Assert.Contains(Runs, error);
        Assert.DoesNotContain("\n", error, "one line, no stack trace");
        Assert.DoesNotContain("Training is done", await output);
    }
}
