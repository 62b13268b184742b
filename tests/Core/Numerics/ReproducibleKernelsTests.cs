using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fulgurite.Tests.Core.Numerics;

/// <summary>MKL fixes its kernels once in a process, so that each case has a process of its own.</summary>
[TestClass]
public sealed class ReproducibleKernelsTests(TestContext context)
{
    private const string WhatToDo = "MKL was used before its reproducible kernels were requested. Call ReproducibleKernels.Request() at "
        + "the start of the program, or set the environment variable MKL_CBWR=AUTO,STRICT";

    [TestMethod]
    [DataRow("", "", "Enabled AUTO,STRICT")]
    [DataRow("", "deterministic", "Enabled AUTO,STRICT")]
    [DataRow("", "off", "SwitchedOff default")]
    [DataRow(
        "", "late", $"Warning: Results may differ in the last bits between runs, including resumed runs: {WhatToDo}\nTooLate default")]
    [DataRow("COMPATIBLE", "", "Enabled COMPATIBLE")]
    [DataRow("COMPATIBLE", "off", "Enabled COMPATIBLE")]
    [DataRow("AUTO", "late", "Enabled AUTO")]
    [DataRow(
        "",
        "off deterministic",
        "TrainerOptions.Deterministic is true and the switch Fulgurite.ReproducibleKernels is false. Set it to true. Alternatively, set "
            + "Deterministic to false; runs may then differ in the last bits.")]
    [DataRow(
        "",
        "late deterministic",
        $"TrainerOptions.Deterministic is true and {WhatToDo}. Alternatively, set Deterministic to false; runs may then differ in the last "
            + "bits.")]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_ProcessOfItsOwn_ReportsItsKernels(string variable, string arguments, string expected)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Inconclusive("libtorch has MKL on x64 only.");
        }

        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Interruptible.dll"), "kernels", .. arguments.Split(' ')])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("MKL_CBWR");
        if (variable.Length > 0)
        {
            start.Environment["MKL_CBWR"] = variable;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);

        Assert.AreEqual(expected, output.ReplaceLineEndings("\n").TrimEnd());
    }

    [TestMethod]
    public void Request_Again_ReturnsTheSame()
    {
        var first = ReproducibleKernels.Request();

        Assert.AreEqual(first, ReproducibleKernels.Request());
        Assert.IsGreaterThan(0, ReproducibleKernels.Mode.Length);
    }
}
