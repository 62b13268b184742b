using System.Diagnostics;
using Fulgurite.Tests.Interruptible.Matrix;

namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>
/// Runs that are stopped at a random step, by an exception, a cancellation or a kill, and go on for a hundred steps, beside runs that were
/// never stopped: bit for bit the same.
/// </summary>
/// <remarks>
/// By default every choice of a part meets every choice of another (pairs). FULGURITE_SLOW=1 has every three meet. FULGURITE_MATRIX=all
/// runs
/// each combination there is, which takes days; FULGURITE_MATRIX=1000 so many of them, and 1000@5000 those after the first 5000 of the
/// same random order; #NUMBER one scenario.
/// </remarks>
[TestClass]
public sealed class ResumeMatrixTests(TestContext context)
{
    private const string Folder = "/checkpoints";
    private const int Seed = 20;

    private static string? Choice => Environment.GetEnvironmentVariable("FULGURITE_MATRIX");

    private static bool IsSlow => Environment.GetEnvironmentVariable("FULGURITE_SLOW") == "1";

    private string Files => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [Timeout(3600000, CooperativeCancellation = true)]
    [TestProperty("Behaviour", "LP10")]
    [TestProperty("Behaviour", "LP11")]
    [TestProperty("Behaviour", "LP12")]
    [TestProperty("Behaviour", "LP13")]
    [TestProperty("Behaviour", "LP14")]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Fit_StoppedAndResumed_EqualsARunNeverStoppedInEveryScenario(int threads)
    {
        var failures = new List<string>();
        var count = 0;
        var clock = Stopwatch.StartNew();
        foreach (var scenario in Scenarios())
        {
            count++;
            try
            {
                await CheckAsync(scenario, threads);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                failures.Add(
                    $"{scenario}\n    {exception.GetType().Name}: "
                        + $"{exception.Message}\n{(failures.Count == 0 ? exception.StackTrace : string.Empty)}");
            }
        }

        context.WriteLine(
            $"{count} scenarios of {Scenario.Count} with {threads} threads in {clock.Elapsed.TotalSeconds:0.0} s, {failures.Count} failed");
        Assert.IsGreaterThan(0, count);
        Assert.IsEmpty(failures, $"{failures.Count} of {count} scenarios differ:\n{string.Join('\n', failures.Take(40))}");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(3600000, CooperativeCancellation = true)]
    [TestProperty("Behaviour", "LP10")]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Fit_ProcessKilledAndResumed_EqualsARunNeverStopped(int threads)
    {
        foreach (var (number, scenario) in KilledScenarios(IsSlow ? 60 : 3).Index())
        {
            var (whole, parts) = (Path.Combine(Files, $"whole{number}-{threads}"), Path.Combine(Files, $"parts{number}-{threads}"));
            using (var process = Start(scenario, parts, threads))
            {
                Assert.AreEqual(
                    ScenarioProgram.Ready, await process.StandardOutput.ReadLineAsync(context.CancellationToken), $"{scenario}");
                process.Kill();
                await process.WaitForExitAsync(context.CancellationToken);
            }

            await using var storage = ScenarioProgram.Storage(scenario);
            var first = new ScenarioRun(scenario, storage, whole);
            var expected = ComputingThread.Run(threads, () => first.Fit());
            var last = Path.Combine(parts, "last.ckpt");
            var unknown = await ScenarioAssert.UnknownAsync(storage, FilesOf(parts), "last.ckpt");
            var actual = ComputingThread.Run(threads, () => new ScenarioRun(scenario, storage, parts).Fit(File.Exists(last) ? last : null));

            Assert.AreEqual(expected.GlobalStep, actual.GlobalStep, $"{scenario}");
            await ScenarioAssert.AreSameAsync(storage, FilesOf(whole), storage, FilesOf(parts), unknown);
        }
    }

    private static IEnumerable<Scenario> Scenarios() => Choice switch
    {
        null or "" => CoveringArray.Make(Scenario.Sizes, IsSlow ? 3 : 2, Seed).Select(Scenario.Of),
        "all" => InRandomOrder(0, Scenario.Count),
        ['#', .. var number] => [Scenario.Of(long.Parse(number, null))],
        var part when part.Split('@') is [var many, var from] => InRandomOrder(long.Parse(from, null), long.Parse(many, null)),
        var many => InRandomOrder(0, long.Parse(many, null)),
    };

    /// <summary>
    /// A part of all scenarios in an order that mixes them: steps around a circle by a prime that goes through every place.
    /// </summary>
    private static IEnumerable<Scenario> InRandomOrder(long from, long many)
    {
        const long Prime = 1_000_003;
        for (var place = from; place < Math.Min(from + many, Scenario.Count); place++)
        {
            yield return Scenario.Of(place * Prime % Scenario.Count);
        }
    }

    private static IEnumerable<Scenario> KilledScenarios(int count) =>
        CoveringArray.Make(Scenario.Sizes, 2, Seed + 1).Select(Scenario.Of).Where(scenario => scenario.Stop == StopKind.Kill).Take(count);

    private static async Task CheckAsync(Scenario scenario, int threads)
    {
        var (wholeFiles, parts) = (new InMemoryCheckpointIO(), new InMemoryCheckpointIO());
        FitResult? expected = null;
        var whole = await RunAsync(wholeFiles, run => expected = run.Fit());

        var mortal = new MortalCheckpointIO(parts);
        var stopped = await RunAsync(mortal, run => run.FitAndStop(() =>
        {
            mortal.Kill();
            throw new ScenarioException();
        }));
        var last = $"{Folder}/last.ckpt";
        var unknown = scenario.Stop == StopKind.Kill && scenario.Background
            ? await ScenarioAssert.UnknownAsync(parts, Named(parts), last)
            : [];
        FitResult? actual = null;
        var resumed = await RunAsync(parts, run => actual = run.Fit(parts.Paths.Contains(last) ? last : null, stopped));

        ScenarioAssert.AreSame(expected!, whole.Watch, actual!, resumed.Watch);
        await ScenarioAssert.AreSameAsync(wholeFiles, Named(wholeFiles), parts, Named(parts), unknown);

        async Task<ScenarioRun> RunAsync(CheckpointIO storage, Action<ScenarioRun> fit)
        {
            await using var background = scenario.Background ? new AsyncCheckpointIO(storage) : null;
            var run = new ScenarioRun(scenario, background ?? storage, Folder);
            return ComputingThread.Run(threads, () =>
            {
                fit(run);
                return run;
            });
        }
    }

    private static Dictionary<string, string> Named(InMemoryCheckpointIO storage) =>
        storage.Paths.ToDictionary(path => path, path => path, StringComparer.Ordinal);

    private static Dictionary<string, string> FilesOf(string folder) =>
        (Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : []).ToDictionary(
            path => Path.GetFileName(path), path => path, StringComparer.Ordinal);

    private static Process Start(Scenario scenario, string folder, int threads) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Interruptible.dll"), ScenarioProgram.Name, $"{scenario.Number}", folder, $"{threads}"])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
    })!;
}
