using System.Globalization;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// Kills one or all of several processes that train together, at random times, until each training has ended; compares every checkpoint and
/// every step with an undisturbed run. Every tenth disturbance stops a process instead, which the others have to report.
/// </summary>
/// <param name="folder">The folder of all trainings; that of a training with a failure stays.</param>
/// <param name="tally">The counts.</param>
/// <param name="ranks">The number of processes.</param>
/// <param name="launchers">The launchers, by turns.</param>
internal sealed class RanksRun(string folder, CrashTally tally, int ranks, IReadOnlyList<string> launchers)
{
    /// <summary>The folder of the checkpoints.</summary>
    public const string Checkpoints = "checkpoints";

    private const int StopsOneIn = 10;
    private const int StepsToDisturbance = 60;

    /// <summary>On a slow disk each attempt may come only a few steps further; the rest of such a training is left alone.</summary>
    private const int MostDisturbances = 40;

    // A launcher ends the other processes within seconds; a loaded machine takes longer.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(90);

    private readonly Dictionary<int, string> _reference = [];
    private int _stops;
    private int _checkpoints;

    /// <summary>Gets the launchers that are installed.</summary>
    public static IReadOnlyList<string> Installed { get; } =
    [
        .. new[] { "mpirun.openmpi", "mpirun.mpich" }.Where(name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Any(path => File.Exists(Path.Combine(path, name)))),
    ];

    /// <summary>Disturbs trainings until there were so many kills.</summary>
    /// <param name="kills">The number of kills.</param>
    /// <param name="seed">The seed of the first training; each one after it has the next.</param>
    /// <param name="report">Receives further counts after each training, so that a run that is cut short has a result too.</param>
    public async Task RunAsync(int kills, int seed, Action<JsonObject> report)
    {
        await ReferAsync();
        for (var trainings = 0; tally.Kills < kills && trainings < 4 * kills; trainings++)
        {
            await TrainAsync(new TrainingCase(seed + trainings), kills);
            report(new JsonObject
            {
                ["ranks"] = ranks,
                ["trainings"] = trainings + 1,
                ["stops"] = _stops,
                ["checkpoints_read"] = _checkpoints,
            });
        }
    }

    private async Task ReferAsync()
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, "reference")).FullName;
        using var run = new RanksProcess(launchers[0], ranks, new TrainingCase(0), place, saves: false);
        var end = await run.EndAsync(TimeSpan.FromMinutes(5));
        for (var rank = 0; rank < ranks; rank++)
        {
            foreach (var line in run.Lines(rank).Where(line => line[0] == "step"))
            {
                var step = int.Parse(line[1], CultureInfo.InvariantCulture);
                if (!_reference.TryAdd(step, line[2]) && _reference[step] != line[2])
                {
                    tally.AddMismatched($"reference: step {step} differs between the ranks");
                }
            }
        }

        if (_reference.Count != RankWorker.Steps)
        {
            throw new InvalidOperationException($"The undisturbed run ended after {_reference.Count} steps: {end.Errors}");
        }
    }

    private async Task TrainAsync(TrainingCase choices, int kills)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, $"ranks-{choices.Seed}")).FullName;
        var launcher = launchers[choices.Seed / 2 % launchers.Count];
        var (durable, newest) = (-1, -1);
        var failures = tally.Failures;
        for (var attempt = 0; ; attempt++)
        {
            var random = new Random((choices.Seed * 1009) + attempt);
            var name = $"{choices.RanksName}, {launcher}, attempt {attempt}";
            using var run = new RanksProcess(launcher, ranks, choices, place);
            var trains = await run.StartAsync();
            for (var rank = 0; trains && rank < ranks; rank++)
            {
                if (run.FirstStep(rank) < durable)
                {
                    tally.AddLost($"{name}: rank {rank} goes on at step {run.FirstStep(rank)}; step {durable} had been reported durable");
                }
            }

            var disturbs = trains && tally.Kills < kills && attempt < MostDisturbances;
            var stops = disturbs && random.Next(StopsOneIn) == 0;
            var victim = random.Next(ranks + 1);
            if (disturbs)
            {
                await run.WaitAsync(run.FirstStep(0) + random.Next(StepsToDisturbance));
                await Task.Delay(random.Next(0, 100));
                for (var rank = 0; rank < ranks; rank++)
                {
                    if (stops ? rank == victim % ranks : victim == ranks || rank == victim)
                    {
                        run.Signal(rank, stops ? "STOP" : "KILL");
                    }
                }
            }

            var end = await run.EndAsync(EndLimit, stops ? victim % ranks : null);
            if (end.Code is null)
            {
                tally.AddMismatched(
                    $"{name}: the processes did not end within {EndLimit} after {(stops ? "SIGSTOP" : "SIGKILL")}: {end.Errors}");
            }

            if (disturbs && (end.Code != 0 || end.IsReleased))
            {
                tally.CountKill();
                if (stops)
                {
                    _stops++;

                    // The others name it, unless the run had ended before.
                    if (!end.IsReleased && !run.IsComplete && !run.AllLines.Any(line => line[0] == "waits"))
                    {
                        tally.AddMismatched($"{name}: a stopped rank was not reported");
                    }
                }
            }

            Compare(run, name);
            (var reported, newest) = await CheckAsync(run, place, name, durable);
            durable = Math.Max(durable, reported);
            if (end.Code == 0 && (run.IsComplete || !trains))
            {
                // A kill may have come between the last save and its report, and then no step was left.
                if (newest < RankWorker.Steps && !run.AllLines.Any(line => line is ["step", var step, _] && step == $"{RankWorker.Steps}"))
                {
                    tally.AddMismatched($"{name}: the training ended at step {durable}");
                }

                break;
            }

            if (!disturbs)
            {
                tally.AddMismatched($"{name}: the undisturbed rest ended with {end.Code}: {end.Errors}");
                break;
            }
        }

        if (tally.Failures == failures)
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private void Compare(RanksProcess run, string name)
    {
        foreach (var line in run.AllLines)
        {
            if (line is ["step", var step, var digests] && _reference[int.Parse(step, CultureInfo.InvariantCulture)] != digests)
            {
                tally.AddMismatched($"{name}: step {step} has other parameters than the undisturbed run");
                return;
            }
        }
    }

    /// <summary>Checks all checkpoints.</summary>
    /// <param name="run">The processes that have ended.</param>
    /// <param name="place">The folder of the training.</param>
    /// <param name="name">The name of the attempt in reports.</param>
    /// <param name="durable">The newest step that earlier attempts had reported durable; the processes report only their own.</param>
    /// <returns>The newest step that had been reported durable, and that of the newest checkpoint; -1 for none.</returns>
    private async Task<(int Reported, int Found)> CheckAsync(RanksProcess run, string place, string name, int durable)
    {
        var newest = run.AllLines.Where(line => line[0] == "durable")
            .Select(line => int.Parse(line[1], CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).Max();
        var checkpoints = Path.Combine(place, Checkpoints);
        var found = -1;
        foreach (var path in Directory.Exists(checkpoints) ? Directory.EnumerateFileSystemEntries(checkpoints) : [])
        {
            var isFolder = Directory.Exists(path);
            if (Path.GetExtension(path) is ".ckpt" or ".safetensors" && !Path.GetFileName(path).StartsWith('.')
                && (!isFolder || File.Exists(Path.Combine(path, "model.safetensors.index.json"))))
            {
                found = Math.Max(found, await ReadAsync(path, isFolder, name));
            }
        }

        newest = Math.Max(durable, newest);
        if (found < newest)
        {
            tally.AddLost($"{name}: step {newest} was reported durable, and the newest checkpoint holds {found}");
        }

        return (newest, found);
    }

    /// <summary>Returns the step of the state in a checkpoint; -1 if there is none.</summary>
    private async Task<int> ReadAsync(string path, bool isFolder, string name)
    {
        _checkpoints++;
        try
        {
            IEnumerable<string> files = [path];
            if (isFolder)
            {
                await using var io = new ShardedCheckpointIO();
                await io.VerifyAsync(path, CancellationToken.None);
                var index = await File.ReadAllTextAsync(Path.Combine(path, "model.safetensors.index.json"));
                files = Directory.EnumerateFiles(path, "*.safetensors").Where(
                    file => index.Contains($"\"{Path.GetFileName(file)}\"", StringComparison.Ordinal));
            }

            var digests = files.SelectMany(file => TensorDigests.Of(File.ReadAllBytes(file))).ToHashSet(StringComparer.Ordinal);
            foreach (var (step, parameters) in _reference)
            {
                if (parameters.Split(',').All(digests.Contains))
                {
                    return step;
                }
            }

            tally.AddUnreadable($"{name}: '{path}' holds the parameters of no step");
        }
        catch (Exception exception) when (exception is InvalidDataException or CheckpointException)
        {
            tally.AddUnreadable($"{name}: '{path}': {exception.Message}");
        }

        return -1;
    }
}
