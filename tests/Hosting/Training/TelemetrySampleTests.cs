using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Hosting.Training;

/// <summary>The sample that OpenTelemetry watches, run as it is.</summary>
[TestClass]
[DoNotParallelize]
public sealed partial class TelemetrySampleTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_ToItsEnd_ExportsInstrumentsAndSpansOfTrainingAndCheckpoints()
    {
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Telemetry.dll"), "--MaxEpochs=4", $"--Folder={context.TestTempDirectory}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = context.TestTempDirectory,
        };
        using var sample = Process.Start(start)!;
        var output = await sample.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await sample.WaitForExitAsync(context.CancellationToken);

        Assert.AreEqual(0, sample.ExitCode, output);
        Assert.AreEqual("64", Newest("training.steps", "training.module: SineModule"));
        Assert.AreEqual("64", Newest("training.step", "training.module: SineModule"));
        Assert.AreEqual("64", Newest("training.batches", "training.module: SineModule"));
        Assert.Contains("Count: 64 ", Newest("training.step.duration", "training.module: SineModule"));
        Assert.AreEqual("4", Newest("training.epoch", "training.module: SineModule"));
        Assert.AreEqual("1", Newest("training.fits", "training.fit.outcome: completed training.module: SineModule"));
        Assert.AreEqual("0", Newest("training.fits.active", "training.module: SineModule"));
        Assert.AreEqual("0", Newest("training.checkpoint.pending", string.Empty));
        Assert.IsGreaterThan(0, Number("training.batch.rate", "training.module: SineModule"));
        Assert.IsGreaterThan(0, Number("training.loss", "training.module: SineModule"));
        Assert.IsGreaterThan(0, Number("training.metric", "training.metric.name: val_loss training.module: SineModule"));
        Assert.IsGreaterThan(0, Number("training.checkpoint.saves", "training.checkpoint.outcome: durable"));
        var epochs = Spans("training.epoch");
        Assert.AreSequenceEqual(["0", "1", "2", "3"], epochs.Select(span => EpochTag().Match(span).Groups["epoch"].Value));
        Assert.Contains("training.fit.outcome: completed", Spans("training.fit").Single());
        Assert.IsNotEmpty(Spans("checkpoint.write"));

        double Number(string metric, string tags) => double.Parse(Newest(metric, tags), CultureInfo.InvariantCulture);

        // The newest value of an instrument: it may have been exported before the end too.
        string Newest(string metric, string tags)
        {
            var exports = Regex.Matches(
                output, $@"^Metric Name: {Regex.Escape(metric)},.*\n(?<lines>(.+\n|\n\()*)",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
            var values = exports.SelectMany(
                export => Regex.Matches(
                    export.Groups["lines"].Value, $@"\] *{Regex.Escape(tags)} *\nValue: (?<value>.*)", RegexOptions.ExplicitCapture,
                    TimeSpan.FromSeconds(10))).ToList();
            Assert.IsNotEmpty(values, $"No value of '{metric}' with '{tags}' in:\n{output}");
            return values[^1].Groups["value"].Value;
        }

        // What was exported of activities of a name.
        List<string> Spans(string name) =>
            [
                .. output.Split("Activity.TraceId:").Where(
                    span => Regex.IsMatch(
                        span, $@"^Activity\.DisplayName: +{Regex.Escape(name)}$", RegexOptions.Multiline, TimeSpan.FromSeconds(10))),
            ];
    }

    [GeneratedRegex(@"^ +training\.epoch: (?<epoch>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex EpochTag();
}
