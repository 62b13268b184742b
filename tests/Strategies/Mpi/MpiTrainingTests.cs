using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>Trainings of real processes under real launchers.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed class MpiTrainingTests(TestContext context)
{
    /// <summary>Gets the implementations of MPI and the numbers of processes.</summary>
    public static IEnumerable<(string Family, int Ranks)> Runs => [("openmpi", 2), ("openmpi", 4), ("mpich", 2), ("mpich", 4)];

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DynamicData(nameof(Runs))]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_SeveralProcesses_GivesTheWeightsOfOneWithTheSameBatches(string family, int ranks)
    {
        // The last batch of an epoch has one item: one process has it, and the others none.
        var alone = await FitAsync(null, 1, "alone", 3);
        var shared = await FitAsync(family, ranks, "shared", 3);

        AssertClose(alone, shared, 2e-5);
        for (var rank = 1; rank < ranks; rank++)
        {
            Assert.AreSequenceEqual(shared, Weights("shared", rank));
        }
    }

    [TestMethod]
    [DataRow("openmpi", 2, "double")]
    [DataRow("mpich", 2, "double", "accumulate=3")]
    [DataRow("openmpi", 4, "double", "accumulate=2", "items=38")]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_InDoublePrecision_DiffersFromOneProcessByRoundingOnly(string family, int ranks, params string[] options)
    {
        var alone = await FitAsync(null, 1, "alone", 3, options);
        var shared = await FitAsync(family, ranks, "shared", 3, options);

        AssertClose(alone, shared, 1e-12);
    }

    [TestMethod]
    [DynamicData(nameof(Runs))]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_RepeatedAndResumed_GivesTheSameBits(string family, int ranks)
    {
        // Step 3 of 5 batches an epoch is within an accumulation window and within an epoch.
        string[] options = ["noisy", "accumulate=2", "items=80"];
        var first = await FitAsync(family, ranks, "first", 4, options);
        var second = await FitAsync(family, ranks, "second", 4, options);
        await RunAsync(family, ranks, "parts", 4, [.. options, "every=1", "cancel=1", "at=7"]);
        var resumed = await FitAsync(family, ranks, "parts", 4, [.. options, "every=1", "resume"]);

        Assert.AreSequenceEqual(first, second);
        Assert.AreSequenceEqual(first, resumed);
    }

    [TestMethod]
    [DataRow("openmpi")]
    [DataRow("mpich")]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_GradientsAveragedDuringOrAfterTheBackwardPass_GivesTheSameBits(string family)
    {
        string[] options = ["noisy", "accumulate=2", "items=70"];
        var during = await FitAsync(family, 2, "during", 3, options);
        var after = await FitAsync(family, 2, "after", 3, [.. options, "after"]);

        Assert.AreSequenceEqual(during, after);
    }

    [TestMethod]
    [DataRow(2, 1)]
    [DataRow(2, 4)]
    [DataRow(4, 2)]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_ResumedWithAnotherNumberOfProcesses_ContinuesWithTheSameBatches(int ranks, int later)
    {
        var whole = await FitAsync(null, 1, "whole", 4, "double");
        await RunAsync("openmpi", ranks, "parts", 4, "double", "every=1", "cancel=1", "at=7");
        var resumed = await FitAsync(later == 1 ? null : "openmpi", later, "parts", 4, "double", "every=1", "resume");

        AssertClose(whole, resumed, 1e-12);
    }

    [TestMethod]
    [DataRow("openmpi", 2, 2)]
    [DataRow("mpich", 2, 1)]
    [DataRow("openmpi", 4, 2)]
    [Timeout(180000, CooperativeCancellation = true)]
    public async Task Fit_ShardedCheckpointsAndAKilledProcess_ResumesExactly(string family, int ranks, int later)
    {
        string[] options = ["double", "sharded", "every=1"];
        var whole = await FitAsync(family, ranks, "whole", 4, options);

        // Two epochs of five steps end with a durable checkpoint; the killed run may have further ones, or not.
        await FitAsync(family, ranks, "parts", 2, options);
        var killed = await RunAsync(family, ranks, "parts", 4, [.. options, "resume", "kill=1", "at=14"]);
        Assert.AreNotEqual(0, killed.ExitCode, killed.Output);
        var resumed = await FitAsync(later == 1 ? null : family, later, "parts", 4, [.. options, "resume"]);

        AssertClose(whole, resumed, ranks == later ? double.Epsilon : 1e-12);
        var checkpoint = Path.Combine(Folder, "parts", "last.ckpt");
        await using var io = new ShardedCheckpointIO();
        await io.VerifyAsync(checkpoint, context.CancellationToken);
        var parts = Directory.GetFiles(checkpoint, "*.safetensors").Select(file => Path.GetFileName(file)["model".Length..20]);
        Assert.HasCount(later, parts.Distinct(StringComparer.Ordinal));
    }

    [TestMethod]
    [DataRow("openmpi", "stop")]
    [DataRow("mpich", "cancel")]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessAskedToStop_AllStopAtTheSameStep(string family, string request)
    {
        var run = await RunAsync(family, 2, "stopped", 100, request + "=1", "at=7");

        Assert.AreEqual(0, run.ExitCode, run.Output);
        Assert.Contains("rank 0: " + (request == "stop" ? "Stopped" : "Cancelled") + " at step 8", run.Output);
        Assert.Contains("rank 1: " + (request == "stop" ? "Stopped" : "Cancelled") + " at step 8", run.Output);
    }

    [TestMethod]
    [DataRow("openmpi", 1)]
    [DataRow("mpich", 0)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessReceivesSigterm_AllStopAtTheSameStep(string family, int signalled)
    {
        var run = await RunAsync(family, 2, "stopped", 100, $"signal={signalled}", "at=7");

        // The step at which the signal arrives is not known, only that it is the same.
        var ends = Regex.Matches(
            run.Output, "rank [01]: Cancelled at (?<end>step [0-9]+, epoch [0-9]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.HasCount(2, ends, run.Output);
        Assert.AreEqual(ends[0].Groups["end"].Value, ends[1].Groups["end"].Value);
    }

    private async Task<double[]> FitAsync(string? family, int ranks, string name, int epochs, params string[] options)
    {
        var run = await RunAsync(family, ranks, name, epochs, options);
        Assert.AreEqual(0, run.ExitCode, run.Output);
        return Weights(name, 0);
    }

    private Task<MpiRun> RunAsync(string? family, int ranks, string name, int epochs, params string[] options)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
        return MpiLauncher.RunAsync(
            family, ranks, context.CancellationToken, [folder, epochs.ToString(CultureInfo.InvariantCulture), .. options]);
    }

    /// <summary>Returns the validation loss and the weights of a rank.</summary>
    private double[] Weights(string name, int rank) =>
        [
            .. File.ReadLines(Path.Combine(Folder, name, $"weights-{rank}.txt")).Select(
                line => double.Parse(line, CultureInfo.InvariantCulture)),
        ];

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        var difference = expected.Zip(actual, (left, right) => Math.Abs(left - right)).Max();
        Assert.IsLessThan(tolerance, difference, $"The largest difference is {difference}.");
    }
}
