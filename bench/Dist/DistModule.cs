using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Dist;

/// <summary>Linear layers that measure their own training: the time between steps, a reduction, a copy and a save.</summary>
internal sealed class DistModule : TrainingModule<Tensor>, IHasBlocks
{
    private const int Warmup = 2;
    private const int Repetitions = 9;

    // The first one compiles the code, and does not count.
    private const int SaveRepetitions = 6;

    private readonly Sequential _layers;
    private readonly string _path;
    private long _lastStep;

    public DistModule(int width, int layers, string path)
        : base(nameof(DistModule))
    {
        _path = path;
        _layers = nn.Sequential(
            Enumerable.Range(0, layers).Select(index => ($"{index}", (nn.Module<Tensor, Tensor>)nn.Linear(width, width))).ToArray());
        RegisterComponents();
    }

    public IEnumerable<nn.Module<Tensor, Tensor>> Blocks => _layers.children().Cast<nn.Module<Tensor, Tensor>>();

    /// <summary>Gets the folder of the checkpoints.</summary>
    public string Folder => Path.GetDirectoryName(_path)!;

    /// <summary>Gets or sets the number of processes of the training.</summary>
    public int Ranks { get; set; }

    /// <summary>Gets the milliseconds of each step.</summary>
    public List<double> Steps { get; } = [];

    /// <summary>Gets the milliseconds of a reduction of all gradients.</summary>
    public double ReduceTime { get; private set; }

    /// <summary>Gets the milliseconds of a copy of as many bytes.</summary>
    public double CopyTime { get; private set; }

    /// <summary>Gets the bytes of the gradients.</summary>
    public long GradientBytes => parameters().Sum(parameter => parameter.numel() * parameter.ElementSize);

    /// <summary>Gets the medians of the saves.</summary>
    public SaveTimes Saves { get; private set; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>Gets the bytes of a checkpoint.</summary>
    public long CheckpointBytes { get; private set; }

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 1e-3, momentum: 0.9);

    public override Tensor TrainingStep(Tensor batch, int batchIndex) => _layers.call(batch).pow(2).mean();

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        var now = Stopwatch.GetTimestamp();
        if (arguments.BatchIndex > Warmup)
        {
            Steps.Add(Stopwatch.GetElapsedTime(_lastStep, now).TotalMilliseconds);
        }

        _lastStep = now;
    }

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        var strategy = arguments.Trainer.Strategy;
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var source = rand(GradientBytes / sizeof(float));
        var target = zeros_like(source);
        var medians = Arms.Medians(
            Repetitions,
            () => Time(strategy, strategy.SynchronizeGradients),
            () => Time(strategy, () => target.copy_(source)));
        (ReduceTime, CopyTime) = (medians[0], medians[1]);
        var saves = Enumerable.Range(0, SaveRepetitions).Select(_ => Save(arguments.Trainer)).Skip(1).ToList();
        double Median(Func<SaveTimes, double> of) => Arms.Median([.. saves.Select(of)]);
        Saves = new SaveTimes(
            Median(save => save.State), Median(save => save.Capture), Median(save => save.Rest), Median(save => save.Stall),
            Median(save => save.Settle), Median(save => save.Durable), Median(save => save.Exchanges));
    }

    /// <summary>
    /// Saves, with a step boundary each millisecond until the checkpoint is durable. The times are those of the process that waits longest.
    /// </summary>
    private SaveTimes Save(Trainer trainer)
    {
        var collectives = trainer.Strategy.Collectives as ProcessCollectives;
        trainer.Strategy.Collectives.Barrier();
        var exchanges = collectives?.Exchanges ?? 0;
        var start = Stopwatch.GetTimestamp();
        using var state = trainer.CaptureState();
        var assembled = Stopwatch.GetElapsedTime(start);
        var save = trainer.SaveCheckpoint(state, _path);
        var (stall, capture) = (Stopwatch.GetElapsedTime(start), save.Stall);
        exchanges = (collectives?.Exchanges ?? 0) - exchanges;
        var settles = new List<double>();
        while (save.Outcome == CheckpointOutcome.Pending)
        {
            Thread.Sleep(1);
            var boundary = Stopwatch.GetTimestamp();
            trainer.Strategy.SettleCheckpoints();
            settles.Add(Stopwatch.GetElapsedTime(boundary).TotalMilliseconds);
        }

        CheckpointBytes = save.ByteCount;
        if (save.Outcome != CheckpointOutcome.Durable)
        {
            throw save.Failure!;
        }

        var own = new SaveTimes(
            assembled.TotalMilliseconds, capture.TotalMilliseconds, (stall - assembled - capture).TotalMilliseconds,
            stall.TotalMilliseconds, Arms.Median(settles), Stopwatch.GetElapsedTime(start).TotalMilliseconds, exchanges);
        return collectives is null ? own : SaveTimes.Longest(collectives.Gather(own));
    }

    private static double Time(IStrategy strategy, Action action)
    {
        strategy.Collectives.Barrier();
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}

/// <summary>The milliseconds of a save.</summary>
/// <param name="State">The training waited while the state was assembled, with what other processes contribute.</param>
/// <param name="Capture">The training waited for copies.</param>
/// <param name="Rest">The training waited for the division into parts, or for the agreement on the name.</param>
/// <param name="Stall">The training waited in all.</param>
/// <param name="Settle">The time of a step boundary at which the processes exchange how far the save is.</param>
/// <param name="Durable">The time until the checkpoint was durable.</param>
/// <param name="Exchanges">The number of times that the save waited for the other processes.</param>
internal sealed record SaveTimes(
    double State, double Capture, double Rest, double Stall, double Settle, double Durable, double Exchanges)
{
    /// <summary>Returns the times of the process that waited longest.</summary>
    public static SaveTimes Longest(List<SaveTimes> all) => all.MaxBy(times => times.Stall)!;

    /// <summary>Adds them to a result.</summary>
    public void AddTo(JsonObject line, string prefix)
    {
        line[prefix + "save_ms"] = JsonLine.Round(Stall);
        line[prefix + "save_state_ms"] = JsonLine.Round(State);
        line[prefix + "save_capture_ms"] = JsonLine.Round(Capture);
        line[prefix + "save_rest_ms"] = JsonLine.Round(Rest);
        line[prefix + "save_exchanges"] = Exchanges;
        line[prefix + "settle_ms"] = JsonLine.Round(Settle);
        line[prefix + "durable_ms"] = JsonLine.Round(Durable);
    }
}
