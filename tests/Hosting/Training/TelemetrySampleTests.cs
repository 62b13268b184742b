using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Hosting.Training;

/// <summary>The sample that OpenTelemetry watches, run as it is.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TelemetrySampleTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_ToItsEnd_ExportsInstrumentsAndSpansOfTrainingAndCheckpoints()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Telemetry.dll"), "--MaxEpochs=4", $"--Folder={context.TestTempDirectory}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = context.TestTempDirectory,
        };
        using var sample = Process.Start(start)!;
        var output = await sample.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await sample.WaitForExitAsync(context.CancellationToken);

        Assert.AreEqual(0, sample.ExitCode, output);
        Assert.AreEqual(64, Number("metric training.steps{training.module=SineModule} "));
        Assert.AreEqual(64, Number("metric training.step{training.module=SineModule} "));
        Assert.AreEqual(64, Number("metric training.batches{training.module=SineModule} "));
        Assert.AreEqual(64, Number("metric training.step.duration{training.module=SineModule} "));
        Assert.AreEqual(4, Number("metric training.epoch{training.module=SineModule} "));
        Assert.AreEqual(1, Number("metric training.fits{training.fit.outcome=completed, training.module=SineModule} "));
        Assert.AreEqual(0, Number("metric training.fits.active{training.module=SineModule} "));
        Assert.AreEqual(0, Number("metric training.checkpoint.pending{} "));
        Assert.IsGreaterThan(0, Number("metric training.batch.rate{training.module=SineModule} "));
        Assert.IsGreaterThan(0, Number("metric training.loss{training.module=SineModule} "));
        Assert.IsGreaterThan(0, Number("metric training.metric{training.metric.name=val_loss, training.module=SineModule} "));
        Assert.IsGreaterThan(0, Number("metric training.checkpoint.saves{training.checkpoint.outcome=durable} "));
        Assert.HasCount(4, Regex.Matches(output, @"^span training\.epoch\{training\.module=SineModule, training\.epoch=[0-3]\} [0-9.]+ ms", RegexOptions.Multiline | RegexOptions.NonBacktracking));
        Assert.ContainsSingle(Regex.Matches(output, @"^span training\.fit\{.*training\.fit\.outcome=completed\}", RegexOptions.Multiline | RegexOptions.NonBacktracking));
        Assert.Contains("span checkpoint.write{", output);

        // The newest line of an instrument: it may have been exported before the end too.
        double Number(string line)
        {
            var found = Regex.Matches(output, $"^{Regex.Escape(line)}(?<number>[0-9.]+)", RegexOptions.Multiline | RegexOptions.NonBacktracking);
            Assert.IsNotEmpty(found, $"No line '{line}' in:\n{output}");
            return double.Parse(found[^1].Groups["number"].Value, CultureInfo.InvariantCulture);
        }
    }
}
