using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Crash;

/// <summary>A launcher with the <see cref="RankWorker"/> processes that it has started, and their logs.</summary>
internal sealed class RanksProcess : IDisposable
{
    private readonly string _folder;
    private readonly int _ranks;
    private readonly Process _launcher;
    private readonly StringBuilder _errors = new();

    public RanksProcess(string launcher, int ranks, TrainingCase choices, string folder, bool saves = true)
    {
        (_folder, _ranks) = (folder, ranks);
        foreach (var log in Directory.EnumerateFiles(folder, "rank-*.log"))
        {
            File.Delete(log);
        }

        // Ranks may share cores, and root may run them in a container.
        string[] options = launcher.Contains("openmpi", StringComparison.Ordinal)
            ? ["--oversubscribe", "--allow-run-as-root", "--mca", "mpi_yield_when_idle", "1"]
            : [];
        _launcher = OwnProcess.StartUnder(
            [launcher, .. options, "-np", ranks.ToString(CultureInfo.InvariantCulture)],
            ["crash", "--rank-worker", folder, "--seed", $"{choices.Seed}", "--fused", $"{saves}"], readsErrors: true);
        _ = _launcher.StandardOutput.ReadToEndAsync();
        _launcher.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _launcher.BeginErrorReadLine();
    }

    /// <summary>Gets the log of a rank; a kill may have cut the last line short.</summary>
    public IEnumerable<string[]> Lines(int rank)
    {
        var path = Path.Combine(_folder, $"rank-{rank}.log");
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = file.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 3));
    }

    public IEnumerable<string[]> AllLines => Enumerable.Range(0, _ranks).SelectMany(Lines);

    public int FirstStep(int rank) => Lines(rank).Where(line => line[0] == "start")
        .Select(line => int.Parse(line[1], CultureInfo.InvariantCulture)).DefaultIfEmpty(-1).First();

    public bool IsComplete => Enumerable.Range(0, _ranks).All(rank => Lines(rank).Any(line => line[0] == "end"));

    public bool HasExited => _launcher.HasExited;

    /// <summary>Gets what all processes have written to their error output so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Waits until all ranks train, or the launcher has ended.</summary>
    public async Task<bool> StartAsync()
    {
        while (!_launcher.HasExited)
        {
            if (Enumerable.Range(0, _ranks).All(rank => FirstStep(rank) >= 0))
            {
                return true;
            }

            await Task.Delay(20);
        }

        return false;
    }

    /// <summary>Waits until rank 0 has taken a step, or the launcher has ended.</summary>
    public async Task WaitAsync(int step)
    {
        while (!_launcher.HasExited && !Lines(0).Any(
            line => line[0] is "step" or "end" && (line.Length == 1 || int.Parse(line[1], CultureInfo.InvariantCulture) >= step)))
        {
            await Task.Delay(2);
        }
    }

    /// <summary>Sends a signal to a rank.</summary>
    public void Signal(int rank, string signal)
    {
        if (Lines(rank).FirstOrDefault(line => line[0] == "pid") is [_, var pid])
        {
            using var kill = Process.Start(
                new ProcessStartInfo("kill", [$"-{signal}", pid]) { UseShellExecute = false, RedirectStandardError = true })!;
            kill.WaitForExit();
        }
    }

    /// <summary>
    /// Waits for the end of all processes. A stopped one goes on once the others have ended and report that they wait for it to exit, which
    /// they do for as long as it takes, or have exited.
    /// </summary>
    /// <param name="limit">The time after which all are killed.</param>
    /// <param name="stopped">The stopped rank; null for none.</param>
    public async Task<RanksEnd> EndAsync(TimeSpan limit, int? stopped = null)
    {
        var start = Stopwatch.GetTimestamp();
        var isReleased = false;
        while (!_launcher.HasExited && Stopwatch.GetElapsedTime(start) < limit)
        {
            if (!isReleased && stopped is { } rank
                && (Errors.Contains("for other ranks to end", StringComparison.Ordinal) || HaveExited(other => other != rank)))
            {
                Signal(rank, "CONT");
                isReleased = true;
            }

            await Task.Delay(20);
        }

        if (_launcher.HasExited)
        {
            await _launcher.WaitForExitAsync();
            return new RanksEnd(_launcher.ExitCode, isReleased, Errors);
        }

        var found = string.Join(", ", Enumerable.Range(0, _ranks).Select(Describe));
        for (var rank = 0; rank < _ranks; rank++)
        {
            Signal(rank, "KILL");
        }

        _launcher.Kill(entireProcessTree: true);
        await _launcher.WaitForExitAsync();
        return new RanksEnd(null, isReleased, $"{found}. {Errors}");
    }

    private bool HaveExited(Func<int, bool> isAsked) => Enumerable.Range(0, _ranks).Where(isAsked).All(
        rank => Lines(rank).Any(line => line[0] == "end") && StateOf(rank) is null);

    /// <summary>Returns the state of the process of a rank; null if it has exited, also where its parent has not noticed.</summary>
    private string? StateOf(int rank)
    {
        try
        {
            return Lines(rank).FirstOrDefault(line => line[0] == "pid") is [_, var pid]
                ? File.ReadLines($"/proc/{pid}/status").FirstOrDefault(
                    line => line.StartsWith("State:", StringComparison.Ordinal) && !line.Contains("zombie", StringComparison.Ordinal))
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Describes where a rank is: the state of its process, and the last line of its log.</summary>
    private string Describe(int rank)
    {
        var lines = Lines(rank).ToList();
        return $"rank {rank} ({StateOf(rank) ?? "gone"}) after {lines.Count} lines, the last '{lines.LastOrDefault()?[0]}'";
    }

    public void Dispose()
    {
        if (!_launcher.HasExited)
        {
            _launcher.Kill(entireProcessTree: true);
        }

        _launcher.Dispose();
    }
}

/// <summary>How the processes have ended.</summary>
/// <param name="Code">The exit code; null if they have not ended in time, and were then killed.</param>
/// <param name="IsReleased">Whether a stopped process went on because the others had ended and waited for it.</param>
/// <param name="Errors">The errors.</param>
internal sealed record RanksEnd(int? Code, bool IsReleased, string Errors);
