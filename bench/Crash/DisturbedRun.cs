using System.Diagnostics;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// Disturbs processes that train, at random times, until each training has ended; after each disturbance the files in the folder are
/// compared with the undisturbed run, and with what the process had reported durable.
/// </summary>
/// <param name="folder">The folder of all trainings.</param>
/// <param name="tally">The counts.</param>
/// <param name="reference">The digests of the parameters after each step of the undisturbed run.</param>
/// <param name="isFused">Whether that was a run with the fused optimizer.</param>
internal sealed class DisturbedRun(string folder, CrashTally tally, IReadOnlyDictionary<int, string[]> reference, bool isFused = false)
{
    private const int ReadableBest = 3;

    /// <summary>The disturbances after which the program has to go on from what it had reported durable.</summary>
    private static bool KeepsFiles(Disturbance disturbance) => disturbance is not (Disturbance.RemoveFolder or Disturbance.ReplaceFolder);

    /// <summary>Trains without checkpoints and returns the digests after each step.</summary>
    public static async Task<IReadOnlyDictionary<int, string[]>> ReferenceAsync(bool isFused = false)
    {
        using var worker = new WorkerProcess(new TrainingCase(0, isFused), string.Empty);
        return await worker.EndAsync() == TrainingWorker.Completed && worker.Steps.Count == TrainingCase.Steps
            ? worker.Steps
            : throw new InvalidOperationException("The undisturbed run did not end.");
    }

    /// <summary>Disturbs trainings until there were so many disturbances.</summary>
    /// <param name="count">The number of disturbances.</param>
    /// <param name="seed">The seed of the first training; each one after it has the next.</param>
    /// <param name="parallel">The number of trainings at once.</param>
    /// <param name="disturbance">The kind.</param>
    public async Task RunAsync(int count, int seed, int parallel, Disturbance disturbance)
    {
        var next = seed - 1;
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
        {
            // A disturbance that hits none, such as a SIGINT that the parent ignores, must not go on for ever.
            while (tally.Kills < count && Volatile.Read(ref next) < seed + (4 * count) + parallel)
            {
                await TrainAsync(new TrainingCase(Interlocked.Increment(ref next), isFused), disturbance, () => tally.Kills < count);
            }
        })));
    }

    private async Task TrainAsync(TrainingCase choices, Disturbance disturbance, Func<bool> mayDisturb)
    {
        var place = Path.Combine(folder, $"{disturbance}-{choices.Seed}");
        Directory.CreateDirectory(place);
        var durable = -1;
        for (var attempt = 0; ; attempt++)
        {
            var name = $"{choices}, {disturbance}, attempt {attempt}";
            using var worker = new WorkerProcess(choices, place, disturbance);
            await worker.StartAsync();
            if (worker.FirstStep < 0)
            {
                var early = await worker.EndAsync();

                // It had ended before; the process before it may have been killed before it reported that.
                if (!worker.IsComplete || !Files(place).Any(path => Read(path, name) >= TrainingCase.Steps))
                {
                    tally.AddMismatched($"{name}: the process ended with {early} before its first step");
                }

                break;
            }

            if (KeepsFiles(disturbance) && worker.FirstStep < durable)
            {
                tally.AddLost($"{name}: the process goes on at step {worker.FirstStep}; step {durable} had been reported durable");
            }

            var disturbs = mayDisturb();
            if (disturbs)
            {
                await DisturbAsync(worker, choices, place, disturbance, attempt, name);
            }

            var code = await worker.EndAsync();
            if (disturbs && disturbance != Disturbance.TwoProcesses && code != TrainingWorker.Completed)
            {
                tally.CountKill();
            }

            Compare(worker, name);
            durable = Math.Max(durable, Check(worker, place, disturbance, name));
            if (!disturbs || worker.IsComplete)
            {
                // A kill may come between the end of the fit and that of the process.
                var isExpected = code == TrainingWorker.Completed
                    || (disturbs && code == 137)
                    || (disturbance == Disturbance.Terminate && code == 143)
                    || (disturbance == Disturbance.InterruptTwice && code == 130);
                var isWhole = worker.Steps.ContainsKey(TrainingCase.Steps);
                if (!isExpected || (code == TrainingWorker.Completed && !isWhole))
                {
                    tally.AddMismatched($"{name}: the process ended with {code} after step {worker.Steps.Keys.DefaultIfEmpty().Max()}");
                }

                if (isWhole || code == TrainingWorker.Completed)
                {
                    break;
                }
            }
        }

        Directory.Delete(place, recursive: true);
    }

    private async Task DisturbAsync(
        WorkerProcess worker, TrainingCase choices, string place, Disturbance disturbance, int attempt, string name)
    {
        var delay = choices.Delay(attempt);
        switch (disturbance)
        {
            case Disturbance.Terminate:
                await Task.Delay(delay);
                worker.Signal("TERM");
                return;
            case Disturbance.InterruptTwice:
                await Task.Delay(delay);
                worker.Signal("INT");
                worker.Signal("INT");
                return;
            case Disturbance.Stop:
                await Task.Delay(delay);
                worker.Signal("STOP");
                await Task.Delay(200);
                foreach (var path in Files(place))
                {
                    Read(path, name);
                }

                worker.Signal("CONT");
                break;
            case Disturbance.RemoveFolder:
                await Task.Delay(delay);
                Remove(place);
                break;
            case Disturbance.ReplaceFolder:
                await Task.Delay(delay);
                Directory.Move(place, $"{place}-away{attempt}");
                Directory.CreateDirectory(place);
                foreach (var path in Files($"{place}-away{attempt}"))
                {
                    Read(path, name);
                }

                Directory.Delete($"{place}-away{attempt}", recursive: true);
                break;
            case Disturbance.TwoProcesses:
                using (var second = new WorkerProcess(choices, place))
                {
                    await second.StartAsync();
                    await Task.Delay(delay);
                    second.Signal("KILL");
                    if (await second.EndAsync() != TrainingWorker.Completed)
                    {
                        tally.CountKill();
                    }

                    Compare(second, name);
                    Check(second, place, disturbance, name);
                }

                return;
            case Disturbance.NoHandles:
                await Task.Delay(delay / 4);
                worker.TakeHandles();
                break;
            case Disturbance.Reader:
                for (var clock = Stopwatch.StartNew(); clock.Elapsed < delay;)
                {
                    foreach (var path in Files(place).Where(path => Path.GetFileName(path).StartsWith("last", StringComparison.Ordinal)))
                    {
                        Read(path, name);
                    }
                }

                break;
        }

        await Task.Delay(
            disturbance is Disturbance.Kill or Disturbance.Clock or Disturbance.SlowDisk or Disturbance.NoHandles ? delay : delay / 4);
        worker.Signal("KILL");
        await worker.EndAsync();
        if (disturbance == Disturbance.Clock)
        {
            var random = new Random(choices.Seed + attempt);
            foreach (var path in Files(place))
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(random.Next(-100_000, 100_000)));
            }
        }
    }

    /// <summary>Removes a folder in which another process makes files.</summary>
    private static void Remove(string place)
    {
        while (Directory.Exists(place))
        {
            try
            {
                Directory.Delete(place, recursive: true);
            }
            catch (IOException)
            {
                continue;
            }

            return;
        }
    }

    private void Compare(WorkerProcess worker, string name)
    {
        foreach (var (step, digests) in worker.Steps)
        {
            if (!reference[step].SequenceEqual(digests))
            {
                tally.AddMismatched($"{name}: step {step}, begun at {worker.FirstStep}, has other parameters than the undisturbed run");
                return;
            }
        }
    }

    /// <summary>Checks all files and returns the newest step that had been reported durable.</summary>
    private int Check(WorkerProcess worker, string place, Disturbance disturbance, string name)
    {
        var found = Files(place).Select(path => (Path: path, Step: Read(path, name))).Where(file => file.Step >= 0).ToList();
        var newest = worker.Durable.Select(report => report.Step).DefaultIfEmpty(-1).Max();
        if (!KeepsFiles(disturbance) || newest < 0)
        {
            return -1;
        }

        if (found.Count == 0 || found.Max(file => file.Step) < newest)
        {
            tally.AddLost(
                $"{name}: step {newest} was reported durable, and the newest file holds "
                    + $"{found.Select(file => file.Step).DefaultIfEmpty(-1).Max()}");
        }

        var best = worker.Durable.Select(report => Path.GetFileName(report.Path))
            .Where(path => path.StartsWith("best", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Count();
        var kept = found.Count(file => Path.GetFileName(file.Path).StartsWith("best", StringComparison.Ordinal));
        if (kept < Math.Min(
            best,
            worker.Durable.Any(report => Path.GetFileName(report.Path).StartsWith("last", StringComparison.Ordinal)) ? ReadableBest : 1))
        {
            tally.AddLost($"{name}: {best} of the best were reported durable, and {kept} are there");
        }

        return newest;
    }

    /// <summary>Returns the step of the state in a file; -1 if there is none.</summary>
    private int Read(string path, string name)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return -1;
        }

        try
        {
            var digests = TensorDigests.Of(bytes);
            foreach (var (step, parameters) in reference)
            {
                if (parameters.All(digests.Contains))
                {
                    return step;
                }
            }

            tally.AddUnreadable($"{name}: '{path}' holds the parameters of no step");
        }
        catch (InvalidDataException exception)
        {
            tally.AddUnreadable($"{name}: '{path}': {exception.Message}");
        }

        return -1;
    }

    private static IEnumerable<string> Files(string place) => Directory.Exists(place)
        ? [.. Directory.EnumerateFiles(place).Where(
            path => !Path.GetFileName(path).StartsWith('.') && Path.GetExtension(path) is ".ckpt" or ".safetensors")]
        : [];
}
