using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Crash;

/// <summary>A <see cref="TrainingWorker"/> in a process of its own, and what it has reported.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    public WorkerProcess(TrainingCase choices, string folder, Disturbance disturbance = Disturbance.Kill)
    {
        _process = OwnProcess.Start(
            "crash", "--worker", folder.Length == 0 ? "-" : folder, "--seed", $"{choices.Seed}", "--as", $"{disturbance}", "--fused",
            $"{choices.IsFused}");
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The step that the process began with.</summary>
    public int FirstStep { get; private set; } = -1;

    public ConcurrentDictionary<int, string[]> Steps { get; } = [];

    public ConcurrentQueue<(int Step, string Path)> Durable { get; } = [];

    public ConcurrentQueue<string> Dropped { get; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>Waits for the first step, or for the end of the process.</summary>
    public Task StartAsync() => Task.WhenAny(_started.Task, _reading);

    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Lets the process open no more files.</summary>
    public void TakeHandles()
    {
        var open = Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Max(
            path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        using var limit = Process.Start("prlimit", [$"--pid={_process.Id}", $"--nofile={open + 1}:"]);
        limit.WaitForExit();
    }

    /// <summary>Waits for the end, and returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _reading;
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var fields = line.Split(' ', 3);
            switch (fields[0])
            {
                case "start":
                    FirstStep = int.Parse(fields[1], CultureInfo.InvariantCulture);
                    _started.TrySetResult();
                    break;
                // A kill may cut the last line short.
                case "step" when fields is [_, var step, { Length: 67 } digests]:
                    Steps[int.Parse(step, CultureInfo.InvariantCulture)] = digests.Split(',');
                    break;
                case "durable" when fields.Length == 3:
                    Durable.Enqueue((int.Parse(fields[1], CultureInfo.InvariantCulture), fields[2]));
                    break;
                case "dropped":
                    Dropped.Enqueue(line);
                    break;
                case "end":
                    IsComplete = true;
                    break;
            }
        }
    }
}
