using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using AttentionXml.Run;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// Kills the training of a label tree, which is the sample AttentionXml in a process of its own, at random moments of any level, resumes it
/// until it ends, and compares its checkpoints and its result with those of an undisturbed run.
/// </summary>
/// <param name="folder">The folder of all trainings.</param>
/// <param name="tally">The counts.</param>
internal sealed partial class TreeKills(string folder, CrashTally tally)
{
    private const int Topics = 23, Levels = 3, FilesOfALevel = 2, MaxAttempts = 100;

    /// <summary>What the folders of trainings with incremental checkpoints begin with.</summary>
    private const string Incremental = "incremental";

    // Shorter than a whole run, so that a training is killed in several of its levels.
    private const double LongestDelay = 0.5;

    private static readonly string[] Options =
    [
        "--min-label-frequency", "5", "--embedding", "16", "--hidden", "16", "--mlp", "16", "--dropout", "0.1", "--batch-size", "16",
        "--learning-rate", "0.01", "--threads", "1", "--levels", "3", "--cluster-size", "2", "--beam", "4", "--epochs", "2",
        "--validate-every", "10", "--average-from", "1",
    ];

    /// <summary>Trains in this process, from the last checkpoint if there is one.</summary>
    /// <param name="output">The folder of checkpoints, next to that of the data.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> TrainAsync(string output)
    {
        string[] resume = OutputFolder.HoldsCheckpoints(output) ? ["--resume"] : [];
        using var signals = new TerminationSignals();
        return await new Application(new Screen(Console.Out, Console.Error, Columns: null)).RunAsync(
            [
                "--data", Path.Combine(output, "..", "data"), "--output", output, "--io",
                IsIncremental(Path.GetFileName(output)) ? CheckpointSaving.Incremental : CheckpointSaving.Async, .. Options, .. resume,
            ],
            signals);
    }

    /// <summary>Kills trainings until there were so many kills. Every other one saves incremental checkpoints.</summary>
    /// <param name="count">The number of kills.</param>
    /// <param name="seed">The seed of the moments.</param>
    /// <returns>
    /// The kills in each phase of a training, the number of trainings, and how many of them resumed from a last checkpoint whose best one
    /// was never written. From there on, such a training may have another best checkpoint, and so other levels below: it is compared with
    /// one that resumed from a copy of that state and was not disturbed. A best one that was written and is gone counts as lost.
    /// </returns>
    public async Task<(IReadOnlyDictionary<string, int> Kills, int Trainings, int WithoutBest)> RunAsync(int count, int seed)
    {
        WriteData();
        var whole = await ProcessAsync("whole", delay: null);
        if (whole.ExitCode != 0)
        {
            throw new InvalidOperationException($"The undisturbed run ended with {whole.ExitCode}.");
        }

        var expected = ResultOf("whole", whole.Table);
        var random = new Random(seed);
        var kills = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (trainings, withoutBest) = (0, 0);
        for (; tally.Kills < count; trainings++)
        {
            var name = $"{(trainings % 2 == 0 ? "tree" : Incremental)}-{seed}-{trainings}";
            var other = $"{name}-undisturbed";
            var attempt = 0;
            using var written = new WrittenFiles(Directory.CreateDirectory(Path.Combine(folder, name)).FullName);
            Outcome outcome;
            int? missing = null;
            do
            {
                // Longer from attempt to attempt: on a machine that became slower, a training would not reach its next checkpoint.
                var delay = whole.Training * (LongestDelay * random.NextDouble() * (1 + (attempt / 4.0)));
                outcome = await ProcessAsync(name, tally.Kills < count ? delay : null);
                if (outcome.IsKilled)
                {
                    tally.CountKill();
                    await written.ReadAsync();
                    if (FindMissingBest(name) is { } found)
                    {
                        missing ??= found.Level;
                        if (written.Contains(found.Path))
                        {
                            tally.AddLost($"{name}, attempt {attempt}: 'last' names '{found.Path}', which had been written");
                        }

                        Copy(name, other);
                    }

                    kills[outcome.Phase] = kills.GetValueOrDefault(outcome.Phase) + 1;
                }
            }
            while (outcome.IsKilled && ++attempt < MaxAttempts);

            if (outcome.ExitCode != 0)
            {
                tally.AddMismatched($"{name}: the process ended with {outcome.ExitCode} in {outcome.Phase}");
            }
            else
            {
                var result = ResultOf(name, outcome.Table);
                if (missing is { } level)
                {
                    withoutBest++;
                    var undisturbed = await ProcessAsync(other, delay: null);
                    if (undisturbed.ExitCode != 0)
                    {
                        throw new InvalidOperationException(
                            $"The run that resumed from a copy of '{name}' ended with {undisturbed.ExitCode}.");
                    }

                    Compare(name, result, ResultOf(other, undisturbed.Table));

                    // Without its best, the weights at the end of a level are still the same.
                    result = result[..((FilesOfALevel * level) + 1)];
                }

                Compare(name, result, expected);
            }

            Directory.Delete(Path.Combine(folder, name), recursive: true);
            Directory.Delete(Directory.CreateDirectory(Path.Combine(folder, other)).FullName, recursive: true);
        }

        return (kills, trainings, withoutBest);
    }

    private static bool IsIncremental(string name) => name.StartsWith(Incremental, StringComparison.Ordinal);

    private static string ExtensionOf(string name) => IsIncremental(name) ? ".safetensors" : ".ckpt";

    private void Compare(string name, List<string> result, List<string> expected)
    {
        foreach (var different in result.Except(expected, StringComparer.Ordinal).Take(1))
        {
            tally.AddMismatched($"{name}: {different} is not that of the undisturbed run");
        }
    }

    /// <summary>Copies the state that a kill has left, instead of an earlier copy.</summary>
    private void Copy(string name, string other)
    {
        var (from, to) = (Path.Combine(folder, name), Path.Combine(folder, other));
        Directory.Delete(Directory.CreateDirectory(to).FullName, recursive: true);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>
    /// Returns digests of all tensors in the last and the best checkpoint of every level (weights, optimizer state, averages), and then the
    /// scores. The record of files that are still to be removed depends on the moment of a save, so whole files may differ.
    /// </summary>
    private List<string> ResultOf(string name, string table)
    {
        var result = new List<string>();
        for (var level = 0; level < Levels; level++)
        {
            // The best one of the last level is named by the table.
            var place = Path.Combine(folder, name, $"level-{level}");
            var best = level < Levels - 1
                ? File.ReadLines(place + ".done").First()
                : BestCheckpoint().Match(table).Groups["name"].Value + ExtensionOf(name);
            foreach (var file in new[] { "last", Path.GetFileNameWithoutExtension(best) })
            {
                var tensors = TensorDigests.Of(ReadWhole(Path.Combine(place, file + ExtensionOf(name)))).Order(StringComparer.Ordinal);
                result.Add($"level-{level}/{file} {string.Join(' ', tensors)}");
            }
        }

        return [.. result, table];
    }

    /// <summary>Returns the bytes of a file; of an increment, those of a file of its whole state.</summary>
    private byte[] ReadWhole(string path)
    {
        if (!path.EndsWith(ExtensionOf(Incremental), StringComparison.Ordinal))
        {
            return File.ReadAllBytes(path);
        }

        var whole = Path.Combine(folder, "whole.ckpt");
        using (var state = new TorchCheckpointIO().LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult())
        {
            new TorchCheckpointIO().SaveCheckpointAsync(state, whole, null, CancellationToken.None).GetAwaiter().GetResult();
        }

        return File.ReadAllBytes(whole);
    }

    /// <summary>
    /// Returns the level that resumes from a last checkpoint whose best one does not exist, and the path of that; null if there is none. A
    /// last checkpoint gives way to one best that waits, so that it is never old, and a kill may come before the next best.
    /// </summary>
    private (int Level, string Path)? FindMissingBest(string name)
    {
        for (var level = 0; level < Levels; level++)
        {
            var place = Path.Combine(folder, name, $"level-{level}");
            var last = Path.Combine(place, "last" + ExtensionOf(name));
            if (File.Exists(place + ".done") || !File.Exists(last))
            {
                continue;
            }

            using var state = new TorchCheckpointIO().LoadCheckpointAsync(last, null, CancellationToken.None).GetAwaiter().GetResult();
            var callbacks = state["callbacks"].AsMap();
            var saving = callbacks.Single(entry => entry.Key.ToString()!.StartsWith("ModelCheckpoint", StringComparison.Ordinal));
            var best = saving.Value.AsMap()["best_model_path"].AsText();
            if (best.Length > 0 && !File.Exists(Path.Combine(place, best)))
            {
                return (level, Path.Combine(place, best));
            }
        }

        return null;
    }

    /// <summary>Runs a training until its end or its kill.</summary>
    /// <param name="name">The folder of its checkpoints.</param>
    /// <param name="delay">The time from the begin of its first level to the kill; null for none.</param>
    private async Task<Outcome> ProcessAsync(string name, TimeSpan? delay)
    {
        using var process = OwnProcess.Start("crash", "--tree-worker", Path.GetFullPath(Path.Combine(folder, name)));
        var (phase, table, clock) = ("start", string.Empty, new Stopwatch());
        var kill = Task.CompletedTask;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (PhaseBegin().Match(line) is { Success: true } found)
            {
                phase = found.Groups["search"].Success ? $"search below level {found.Groups["search"].Value}"
                    : found.Groups["level"].Success ? $"level {found.Groups["level"].Value}"
                    : "evaluation";
                if (!clock.IsRunning)
                {
                    clock.Start();
                    kill = delay is { } time ? KillAsync(process, time) : kill;
                }
            }

            table = line.StartsWith("this model", StringComparison.Ordinal) ? line : table;
        }

        await process.WaitForExitAsync();
        await kill;
        return new Outcome(process.ExitCode, phase, table, clock.Elapsed);
    }

    private static async Task KillAsync(Process process, TimeSpan delay)
    {
        await Task.Delay(delay);
        process.Kill();
    }

    /// <summary>Writes documents that can be learned in seconds: word <c>wK</c> stands for label <c>lK</c>.</summary>
    private void WriteData()
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        File.WriteAllLines(Path.Combine(data, "train.txt"), Lines(600, seed: 1));
        File.WriteAllLines(Path.Combine(data, "test.txt"), Lines(60, seed: 2));

        static IEnumerable<string> Lines(int count, int seed)
        {
            var random = new Random(seed);
            for (var i = 0; i < count; i++)
            {
                var topic = random.Next(Topics);
                yield return $"d{i}\tl{topic} any\tf{random.Next(9)} w{topic} f{random.Next(9)}";
            }
        }
    }

    [GeneratedRegex(
        @"^(Level (?<search>\d+) is done|Level (?<level>\d+)(:| was)|Training is done)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PhaseBegin();

    [GeneratedRegex(@"\((?<name>[^)]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BestCheckpoint();

    /// <summary>The files that ever had their final names in a folder, also those that were removed since.</summary>
    private sealed class WrittenFiles : IDisposable
    {
        private const string Mark = "read";

        private readonly string _folder;
        private readonly FileSystemWatcher _watcher;
        private readonly ConcurrentDictionary<string, bool> _paths = new(StringComparer.Ordinal);
        private TaskCompletionSource _read = new();

        public WrittenFiles(string folder)
        {
            _folder = folder;
            _watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName };
            _watcher.Created += (_, change) => Add(change.FullPath);
            _watcher.Renamed += (_, change) => Add(change.FullPath);
            _watcher.EnableRaisingEvents = true;
        }

        public bool Contains(string path) => _paths.ContainsKey(Path.GetFullPath(path));

        /// <summary>Reads all events up to now, and the files that exist.</summary>
        public async Task ReadAsync()
        {
            _read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var mark = Path.Combine(_folder, Mark);
            await File.WriteAllBytesAsync(mark, []);
            await _read.Task.WaitAsync(TimeSpan.FromMinutes(1));
            File.Delete(mark);
            foreach (var path in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            {
                Add(path);
            }
        }

        public void Dispose() => _watcher.Dispose();

        private void Add(string path)
        {
            _paths[path] = true;
            if (string.Equals(path, Path.Combine(_folder, Mark), StringComparison.Ordinal))
            {
                _read.TrySetResult();
            }
        }
    }

    private sealed record Outcome(int ExitCode, string Phase, string Table, TimeSpan Training)
    {
        // SIGKILL.
        public bool IsKilled => ExitCode == 137;
    }
}
