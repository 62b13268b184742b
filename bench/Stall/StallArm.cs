using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;

namespace Fulgurite.Bench.Stall;

/// <summary>One way of saving: what it saves with and what that took.</summary>
internal sealed class StallArm(string name, CheckpointIO? io, BareTraining training, StallSettings settings) : IStallArm
{
    private readonly Samples _step = new();
    private readonly Samples _stepAfter = new();
    private readonly Samples _save = new();
    private readonly Samples _total = new();
    private readonly Samples _drain = new();
    private readonly Samples[] _around = [.. Enumerable.Range(0, settings.Every).Select(_ => new Samples())];
    private readonly List<SaveOperation> _operations = [];
    private readonly bool _isByHand = name == StallRun.ByHand;
    private int _saves;
    private double? _first;
    private ThreadCost _ofFirstSave;
    private ThreadCost? _firstCost;
    private long _earlyMemory;
    private long _lateMemory;

    /// <summary>Runs one round of steps and saves.</summary>
    public void Round(bool isWarmUp)
    {
        if (_first is null)
        {
            using var state = training.ToState(0);
            io?.GetCapability<ICheckpointCapture>()?.Prepare(state);
        }

        var begun = Stopwatch.GetTimestamp();
        double? waited = null;
        var steps = isWarmUp ? Math.Min(settings.Steps, (2 * settings.Every) + 3) : settings.Steps;
        for (var step = 1; step <= steps; step++)
        {
            var isAfterSave = waited is not null;
            var start = Stopwatch.GetTimestamp();
            training.Compute();
            var computed = Stopwatch.GetTimestamp();
            var beforeFence = _firstCost is null ? ThreadCost.Now : default;
            training.Fence(io);
            if (waited is not null && _firstCost is null)
            {
                _firstCost = _ofFirstSave + (ThreadCost.Now - beforeFence);
            }

            var fenced = Stopwatch.GetTimestamp();
            training.OptimizerStep();
            var fence = Stopwatch.GetElapsedTime(computed, fenced).TotalMilliseconds;
            var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds - fence;
            _first ??= waited + fence;
            if (!isWarmUp)
            {
                (isAfterSave ? _stepAfter : _step).Add(time);
                if (waited is { } submitted)
                {
                    _save.Add(submitted + fence);
                }
            }

            var beforeSave = _saves == 0 ? ThreadCost.Now : default;
            waited = step % settings.Every == 0 ? Save(step) : null;
            _ofFirstSave = _firstCost is null && waited is not null ? ThreadCost.Now - beforeSave : _ofFirstSave;
            if (!isWarmUp)
            {
                _around[step % settings.Every].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            if (step == settings.Steps / 4)
            {
                _earlyMemory = Environment.WorkingSet;
            }
        }

        _lateMemory = Environment.WorkingSet;
        if (waited is { } last && !isWarmUp)
        {
            _save.Add(last);
        }

        var draining = Stopwatch.GetTimestamp();
        io?.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

        // The other ways change the same parameters in their turn.
        io?.BeforeParametersChange();
        if (!isWarmUp)
        {
            _drain.Add(Stopwatch.GetElapsedTime(draining).TotalMilliseconds);
            _total.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
        else
        {
            _operations.Clear();
            _saves = 0;
        }
    }

    public IReadOnlyList<double> TotalSeconds => _total.Values;

    public IReadOnlyList<double> TrainSeconds => [.. _total.Values.Zip(_drain.Values, (total, drain) => total - (drain / 1000))];

    public void Report(IStallArm? baseline)
    {
        using var state = training.ToState(0);
        var stateMegabytes = StorageLayout.Of(state).ByteLength / (double)(1 << 20);
        var threads = TorchSharp.torch.get_num_threads();
        foreach (var operation in _operations.Where(operation => operation.Outcome == CheckpointOutcome.Failed))
        {
            throw operation.Failure!;
        }

        var result = new JsonObject
        {
            ["command"] = "stall",
            ["io"] = name,
            ["optimizer"] = settings.IsFused ? "fused" : "torch",
            ["state_mb"] = JsonLine.Round(stateMegabytes),
            ["step_ms"] = JsonLine.Round(_step.Median),
            ["step_after_ms"] = JsonLine.Round(_stepAfter.Median),
            ["save_ms"] = JsonLine.Round(_save.Median),
            ["save_ms_first"] = JsonLine.Round(_first ?? 0),
            ["first_methods"] = _firstCost?.Methods ?? 0,
            ["first_compiling_ms"] = JsonLine.Round(_firstCost?.Compiling.TotalMilliseconds ?? 0),
            ["first_faults"] = _firstCost?.Faults ?? 0,
            ["save_ms_p999"] = JsonLine.Round(_save.Quantile(0.999)),
            ["save_ms_max"] = JsonLine.Round(_save.Max),
            ["saves"] = _saves,
            ["durable"] = _operations.Count(operation => operation.Outcome == CheckpointOutcome.Durable),
            ["superseded"] = _operations.Count(operation => operation.Outcome == CheckpointOutcome.Superseded),
            ["total_s"] = JsonLine.Round(_total.Median),
            ["drain_ms"] = JsonLine.Round(_drain.Median),
            ["drain_s"] = JsonLine.Round(_drain.Median / 1000),
            ["total_vs_none"] = Ratio(TotalSeconds, baseline?.TotalSeconds),
            ["train_vs_none"] = Ratio(TrainSeconds, baseline?.TrainSeconds),
            ["around_ms"] = new JsonArray([.. _around.Select(samples => (JsonNode)JsonLine.Round(samples.Median))]),
            ["steps"] = settings.Steps,
            ["every"] = settings.Every,
            ["threads"] = threads,
            ["process_mb"] = JsonLine.Round(_lateMemory / (double)(1 << 20)),
            ["process_growth_mb"] = JsonLine.Round((_lateMemory - _earlyMemory) / (double)(1 << 20)),
        };
        if (io?.GetCapability<AsyncCheckpointIO>()?.Statistics is { } statistics)
        {
            // Means over everything since the start, warm-up included: where the wait comes from.
            result["plan_ms"] = JsonLine.Round(statistics.PlanTime.TotalMilliseconds / statistics.Saves);
            result["capture_ms"] = JsonLine.Round(statistics.CaptureTime.TotalMilliseconds / statistics.Saves);
            result["wait_ms"] = JsonLine.Round(statistics.WaitTime.TotalMilliseconds / statistics.Saves);
            result["fence_ms"] = JsonLine.Round(statistics.FenceTime.TotalMilliseconds / statistics.Saves);
            result["memory_mb"] = JsonLine.Round(statistics.MemoryBytes / (double)(1 << 20));
        }

        JsonLine.Print(result);
    }

    public void Dispose() => io?.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // The median over the rounds, in each of which both were measured close to each other.
    private static JsonNode? Ratio(IReadOnlyList<double> seconds, IReadOnlyList<double>? baseline) =>
        baseline is null ? null : JsonLine.Round(Arms.Median([.. seconds.Zip(baseline, (one, other) => one / other)]));

    private double? Save(int step)
    {
        if (io is null && !_isByHand)
        {
            return null;
        }

        _saves++;
        var start = Stopwatch.GetTimestamp();
        var path = Path.Combine(settings.Directory, settings.Supersede ? $"{name}-last.ckpt" : $"{name}-{step}.ckpt");
        if (io is null)
        {
            training.SaveByHand(path);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        var state = training.ToState(step);
        _operations.Add(io.Submit(state, path, settings.Supersede ? new SaveOptions { Slot = "last" } : null));
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
