using Fulgurite.Tests.Samples.AttentionXml.Run;

namespace Fulgurite.Tests.Samples.Steps;

/// <summary>
/// No sample that trains gathers tensors or memory, however long it trains: 200 steps of each, 10,000 with FULGURITE_SLOW=1.
/// </summary>
/// <remarks>
/// The programs are run as they are, with all their callbacks and loggers; tests/StepWatch reads TorchSharp's count at the end of each
/// step.
/// </remarks>
[TestClass]
public sealed class ManyStepsTests(TestContext context)
{
    private const int LongRun = 10_000;
    private const long Mebibyte = 1 << 20;

    private static readonly bool IsSlow = string.Equals(
        Environment.GetEnvironmentVariable("FULGURITE_SLOW"), "1", StringComparison.Ordinal);

    public static IEnumerable<object[]> Names => SampleSteps.All.Select(sample => new object[] { sample.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    [Timeout(3_600_000, CooperativeCancellation = true)]
    public async Task Train_ManySteps_GathersNeitherTensorsNorMemory(string name)
    {
        var sample = SampleSteps.All.Single(candidate => candidate.Name == name);
        var steps = IsSlow ? LongRun : 200;
        using var folder = new TemporaryFolder();
        TinyDataset.Write(folder);

        var run = await SampleRun.Of(
            name,
            folder.Path,
            new Dictionary<string, string>
            {
                ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "StepWatch.dll"),
                ["FULGURITE_STEPWATCH_FILE"] = folder.File("steps.txt"),
                ["FULGURITE_STEPWATCH_RUNS"] = $"{sample.RunsFor(steps)}",
            },
            context.CancellationToken,
            sample.Arguments(steps));

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        var readings = StepReadings.Read(folder.File("steps.txt"));
        var (first, second) = (readings.Greatest(0, 50), readings.Greatest(50, 100));
        context.WriteLine(
            $"{name}: {readings.Steps.Count} steps, tensors {first.Tensors} and {second.Tensors} (most of either half), "
                + $"{readings.End.Tensors} at the end; "
            + $"memory {readings.Greatest(0, 10).Memory / Mebibyte}, {first.Memory / Mebibyte}, {second.Memory / Mebibyte} MiB (most of "
            + "the first tenth and either half)");
        Assert.IsGreaterThanOrEqualTo(steps * 9 / 10, readings.Steps.Count);
        Assert.IsLessThanOrEqualTo(first.Tensors + sample.MadeAhead, second.Tensors, "live tensors in the second half of the steps");
        Assert.IsLessThan(100, readings.End.Tensors, "live tensors at the end");

        // A thread that is still on its way out may hold the data of the run before.
        var left = readings.Runs[^1] - readings.Runs[0] - (sample.ParametersPerRun * (readings.Runs.Count - 1));
        Assert.IsLessThanOrEqualTo(8, left, "tensors that runs leave behind");

        if (IsSlow)
        {
            Assert.IsLessThan(
                24 * Mebibyte, readings.Greatest(75, 100).Memory - readings.Greatest(25, 50).Memory, "growth of resident memory");
        }
    }
}
