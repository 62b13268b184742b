using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Stall.Paired;

/// <summary>One way of saving, block after block, each set against blocks without a save on both sides.</summary>
/// <param name="name">What it is called in the results.</param>
/// <param name="training">What is trained.</param>
/// <param name="settings">How long blocks are, and where checkpoints go.</param>
internal class PairedWay(string name, BareTraining training, PairedSettings settings) : IDisposable
{
    private readonly Samples _saves = new();
    private readonly Samples _writes = new();
    private readonly List<SaveOperation> _operations = [];
    private readonly List<double> _added = [];
    private readonly List<double> _stepRatios = [];
    private AsyncCheckpointIO? _io;
    private int _late;

    /// <summary>The steps that the cost of a block is a share of.</summary>
    protected virtual int Share => settings.Block;

    /// <summary>Gets the newest save; null if there is none.</summary>
    protected SaveOperation? Last => _operations.LastOrDefault();

    protected virtual bool SavesAt(int step) => false;

    protected virtual SaveOptions? Options => null;

    /// <summary>Gets the files that each save writes.</summary>
    protected virtual IReadOnlyList<string> Files => [$"{name}.ckpt"];

    /// <summary>Creates the implementation that writes in the background.</summary>
    protected virtual CheckpointIO CreateIO() => new TorchCheckpointIO();

    /// <summary>Called after each block, when all of its saves have ended.</summary>
    protected virtual void Drained()
    {
    }

    /// <summary>Makes ready, before the first block, what a way without saves needs.</summary>
    protected virtual void MakeReady()
    {
    }

    /// <summary>Called before the first step of a block, within its time.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>Called after the last step of a block, outside of its time.</summary>
    protected virtual void End()
    {
    }

    /// <summary>
    /// Whether the block goes on past its steps, until what it wrote is durable: a write that ends after its block would cost nothing
    /// there.
    /// </summary>
    protected virtual bool GoesOn() => false;

    /// <summary>Makes ready what a trainer makes ready, and runs two blocks that do not count.</summary>
    public void WarmUp()
    {
        if (SavesAt(0))
        {
            _io = new AsyncCheckpointIO(CreateIO());
            using var state = training.ToState(0);
            _io.Prepare(state);
        }

        MakeReady();
        Run();
        Run();
        _saves.Clear();
        _writes.Clear();
        _operations.Clear();
        _late = 0;
    }

    /// <summary>Runs one block.</summary>
    public Block Run()
    {
        var total = 0.0;
        var first = 0.0;
        var step = 0;
        for (; step < settings.Block || GoesOn(); step++)
        {
            var saves = SavesAt(step);
            var start = Stopwatch.GetTimestamp();
            if (saves)
            {
                var state = training.ToState(step);
                foreach (var file in Files)
                {
                    _operations.Add(_io!.Submit(state, Path.Combine(settings.Stall.Directory, file), Options));
                }
            }

            if (step == 0)
            {
                Begin();
            }

            var saved = Stopwatch.GetTimestamp();
            training.Compute();
            var computed = Stopwatch.GetTimestamp();
            training.Fence(_io);
            var fenced = Stopwatch.GetTimestamp();
            training.OptimizerStep();
            var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            var save = Stopwatch.GetElapsedTime(start, saved).TotalMilliseconds
                + Stopwatch.GetElapsedTime(computed, fenced).TotalMilliseconds;
            total += time;
            first = step == 0 ? time - save : first;
            if (saves)
            {
                _saves.Add(save);
            }
        }

        End();
        Drain();
        return new Block(total, first, step);
    }

    /// <summary>Takes a block, and the ones before and after it that did not save.</summary>
    public void Add(Block block, Block before, Block after)
    {
        _added.Add(block.Total - (block.Steps * (before.Step + after.Step) / 2));
        _stepRatios.Add(2 * block.FirstStep / (before.FirstStep + after.FirstStep));
    }

    public virtual JsonObject ToResult(double stepMilliseconds, int threads, double stateMegabytes)
    {
        var added = PairedDifference.Of(_added);
        var ratio = PairedDifference.Of(_stepRatios);
        var percent = 100 / (Share * stepMilliseconds);
        return new JsonObject
        {
            ["command"] = settings.Command,
            ["way"] = name,
            ["optimizer"] = settings.Optimizer ?? (settings.Stall.IsFused ? "fused" : "torch"),
            ["state_mb"] = JsonLine.Round(stateMegabytes),
            ["threads"] = threads,
            ["cores"] = Environment.ProcessorCount,
            ["step_ms"] = JsonLine.Round(stepMilliseconds),
            ["block"] = settings.Block,
            ["of_steps"] = Share,
            ["pairs"] = added.Count,
            ["added_ms"] = JsonLine.Round(added.Median),
            ["added_percent"] = JsonLine.Round(added.Median * percent),
            ["added_percent_low"] = JsonLine.Round(added.Low * percent),
            ["added_percent_high"] = JsonLine.Round(added.High * percent),
            ["step_after_ratio"] = JsonLine.Round(ratio.Median),
            ["step_after_ratio_low"] = JsonLine.Round(ratio.Low),
            ["step_after_ratio_high"] = JsonLine.Round(ratio.High),
            ["save_ms"] = JsonLine.Round(_saves.Median),
            ["save_ms_max"] = JsonLine.Round(_saves.Max),
            ["write_ms"] = JsonLine.Round(_writes.Median),
            ["saves"] = _operations.Count,
            ["durable"] = _operations.Count(operation => operation.Outcome == CheckpointOutcome.Durable),
            ["superseded"] = _operations.Count(operation => operation.Outcome == CheckpointOutcome.Superseded),
            ["late"] = _late,
        };
    }

    public virtual void Dispose()
    {
        _io?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what is still being written, outside of all times: it must not reach into the block after this one.</summary>
    private void Drain()
    {
        if (_io is null)
        {
            return;
        }

        _late += _operations[^1].Completion.IsCompleted ? 0 : 1;
        _io.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
        _io.BeforeParametersChange();
        _writes.Add(_operations[^1].WriteTime.TotalMilliseconds);
        if (_operations.Find(operation => operation.Outcome == CheckpointOutcome.Failed) is { } failed)
        {
            throw failed.Failure!;
        }

        Drained();
    }
}
