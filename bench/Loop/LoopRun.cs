using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Loop;

/// <summary>One run of <c>loop</c>: a loop by hand, the trainer alone, the trainer with what one usually has, in turns.</summary>
internal sealed class LoopRun : IDisposable
{
    private const int BatchSize = 8;
    private const int LogInterval = 50;

    private readonly int _steps;
    private readonly int _rounds;
    private readonly string _directory = Directory.CreateTempSubdirectory("fulgurite-bench-loop-").FullName;
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly Linear _plain;
    private readonly optim.Optimizer _optimizer;
    private readonly LoopModule _module = new(logs: false);
    private readonly LoopModule _loggingModule = new(logs: true);
    private readonly List<(Tensor Inputs, Tensor Targets)> _data;
    private readonly Trainer _trainer;
    private readonly Trainer _fullTrainer;
    private readonly PythonPeer? _peer;
    private readonly string? _missing;

    public LoopRun(int steps, int rounds, bool peers)
    {
        set_num_threads(1);
        manual_seed(1);
        (_steps, _rounds) = (steps, rounds);
        (_inputs, _targets) = (rand(BatchSize, LoopModule.Features), rand(BatchSize, LoopModule.Outputs));
        _plain = nn.Linear(LoopModule.Features, LoopModule.Outputs);
        _optimizer = optim.SGD(_plain.parameters(), 0.01);
        _data = [.. Enumerable.Repeat((_inputs, _targets), steps)];
        _trainer = new Trainer(new SingleDeviceStrategy(new NoCheckpointIO()), new TrainerOptions { MaxEpochs = 1, StopOnSignals = false });
        _fullTrainer = new Trainer(
            new SingleDeviceStrategy(new NoCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, StopOnSignals = false, LogEveryNSteps = LogInterval, DefaultRootDirectory = _directory },
            [
                new ProgressLine(TextWriter.Null, new ProgressLineOptions { Interactive = true }),
                new ModelCheckpoint(new ModelCheckpointOptions { DirPath = _directory, SaveLast = true }),
            ],
            [new CsvLogger(new CsvLoggerOptions { Directory = _directory })]);
        if (peers)
        {
            _peer = PythonPeer.TryStart("loop.py", out _missing, $"{steps}", $"{LogInterval}");
        }
    }

    public void Run()
    {
        // Once before counting: what a fit keeps for good (the optimizer's own tensors) is no growth.
        Fit();
        FitWithCallbacks();
        var before = Tensor.TotalCount;
        Fit();
        FitWithCallbacks();
        var growth = Tensor.TotalCount - before;

        var arms = new List<(string Name, Func<double> Measure)>
        {
            ("raw", () => Time(Raw)),
            ("trainer", () => Time(Fit)),
            ("callbacks", () => Time(FitWithCallbacks)),
        };
        if (_peer is not null)
        {
            // Which there are depends on what that Python has: Lightning's own are among them where it can be imported.
            arms.AddRange(
                _peer.Ask($"list")["arms"]!.AsArray().Select(
                    name => (name!.GetValue<string>(), (Func<double>)(() => (double)_peer.Ask($"{name}")["us"]!))));
        }

        var medians = Arms.Medians(_rounds, [.. arms.Select(arm => arm.Measure)]);
        Print(arms.Select(arm => arm.Name).Zip(medians).ToDictionary(pair => pair.First, pair => pair.Second), growth);
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _trainer.Dispose();
        _fullTrainer.Dispose();
        _loggingModule.Dispose();
        _module.Dispose();
        _optimizer.Dispose();
        _plain.Dispose();
        _inputs.Dispose();
        _targets.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Print(Dictionary<string, double> us, long growth)
    {
        var result = new JsonObject
        {
            ["command"] = "loop",
            ["raw_us"] = JsonLine.Round(us["raw"]),
            ["trainer_us"] = JsonLine.Round(us["trainer"]),
            ["added_us"] = JsonLine.Round(us["trainer"] - us["raw"]),
            ["added_us_goal"] = 10,
            ["callbacks_us"] = JsonLine.Round(us["callbacks"]),
            ["callbacks_added_us"] = JsonLine.Round(us["callbacks"] - us["raw"]),
            ["callbacks_added_us_goal"] = 20,
            ["live_tensors_added"] = growth,
            ["steps"] = _steps,
        };
        foreach (var (name, added, time) in us.Skip(3).Select(arm => (arm.Key, arm.Value - us["python"], arm.Value)))
        {
            result[$"{name}_us"] = JsonLine.Round(time);
            if (name != "python")
            {
                result[$"{name}_added_us"] = JsonLine.Round(added);
            }
        }

        if (_peer is not null || _missing is not null)
        {
            result["peer"] = _peer is null ? _missing : PythonPeer.Version;
        }

        JsonLine.Print(result);
    }

    private void Fit() => _trainer.Fit(_module, _data);

    private void FitWithCallbacks() => _fullTrainer.Fit(_loggingModule, _data);

    private void Raw()
    {
        for (var step = 0; step < _steps; step++)
        {
            using var scope = NewDisposeScope();
            _plain.weight!.grad = null;
            _plain.bias!.grad = null;
            var loss = nn.functional.mse_loss(_plain.call(_inputs), _targets);
            loss.backward();
            _optimizer.step();
        }
    }

    private double Time(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / _steps;
    }
}
