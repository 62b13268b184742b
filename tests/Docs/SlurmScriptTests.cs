using System.Diagnostics;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Runs the Slurm script of the page with programs in place of those of Slurm.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
public sealed class SlurmScriptTests(TestContext context)
{
    // What sbatch knows of the options that the script uses.
    private static readonly string[] Options =
        ["--job-name", "--nodes", "--ntasks-per-node", "--cpus-per-task", "--signal", "--requeue", "--open-mode"];

    private static string Script => Tree.Pages.Single(page => page.Name == Path.Combine("docs", "distributed.md")).Blocks.Single(
        block => block.Lines.Any(line => line.StartsWith("#SBATCH", StringComparison.Ordinal))).Text + "\n";

    [TestMethod]
    public void Directives_AreAtTheStartAndKnown()
    {
        var lines = Script.Split('\n');
        Assert.AreEqual("#!/bin/bash", lines[0]);
        var directives = lines.Skip(1).TakeWhile(line => line.StartsWith("#SBATCH ", StringComparison.Ordinal)).ToList();
        Assert.HasCount(lines.Count(line => line.StartsWith("#SBATCH", StringComparison.Ordinal)), directives);
        Assert.IsEmpty(directives.Select(line => line["#SBATCH ".Length..].Split('=')[0]).Except(Options));
    }

    [TestMethod]
    public void Script_IsValidBash() => Assert.AreEqual(0, ShellScript.Check(Script));

    [TestMethod]
    [DataRow(0, false)]
    [DataRow(1, false)]
    [DataRow(143, true)]
    public void Script_TasksEnd_EndsWithTheirCodeAndGoesOnAfterSigterm(int code, bool isRequeued)
    {
        var folder = Directory.CreateDirectory(context.TestTempDirectory!).FullName;
        Install(folder, "srun", $"echo \"srun $* OMP=$OMP_NUM_THREADS\"\nexit {code}\n");
        Install(folder, "scontrol", "echo \"scontrol $*\"\n");
        var start = new ProcessStartInfo("bash", ["-s"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{folder}:{start.Environment["PATH"]}";
        (start.Environment["SLURM_CPUS_PER_TASK"], start.Environment["SLURM_JOB_ID"]) = ("16", "77");
        using var process = Process.Start(start)!;
        process.StandardInput.Write(Script);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.AreEqual(code, process.ExitCode, output);
        Assert.Contains("srun --mpi=pmix --kill-on-bad-exit=1 dotnet Program.dll OMP=16", output);
        Assert.AreEqual(isRequeued, output.Contains("scontrol requeue 77", StringComparison.Ordinal), output);
    }

    private static void Install(string folder, string name, string body)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, "#!/bin/bash\n" + body);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>Checks shell scripts without running them.</summary>
internal static class ShellScript
{
    /// <summary>Returns the exit code of <c>bash -n</c>.</summary>
    public static int Check(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-n"]) { UseShellExecute = false, RedirectStandardInput = true })!;
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode;
    }
}
