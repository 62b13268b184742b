using System.Diagnostics;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Dist;

/// <summary>Linear layers that measure their own training: the time between steps, a reduction, a copy and a save.</summary>
internal sealed class DistModule : TrainingModule<Tensor>, IHasBlocks
{
    private const int Warmup = 2;
    private const int Repetitions = 9;

    // The first one compiles the code, and does not count.
    private const int SaveRepetitions = 11;

    private readonly Sequential _layers;
    private readonly string _path;
    private readonly int _width;
    private long _lastStep;
    private long _lastExchanges;

    public DistModule(int width, int layers, string path)
        : base(nameof(DistModule))
    {
        (_path, _width) = (path, width);
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

    /// <summary>Gets the milliseconds of a sum of as many bytes, without buckets.</summary>
    public double SumTime { get; private set; }

    /// <summary>Gets the milliseconds of an exchange between all processes.</summary>
    public double ExchangeTime { get; private set; }

    /// <summary>Gets the exchanges of a step, without those of saves.</summary>
    public long StepExchanges { get; private set; }

    /// <summary>Gets the milliseconds of a copy of as many bytes.</summary>
    public double CopyTime { get; private set; }

    /// <summary>Gets the bytes of the gradients.</summary>
    public long GradientBytes => parameters().Sum(parameter => parameter.numel() * parameter.ElementSize);

    /// <summary>Gets the medians of the saves.</summary>
    public SaveTimes Saves { get; private set; } = new();

    /// <summary>Gets the bytes of a checkpoint.</summary>
    public long CheckpointBytes { get; private set; }

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 1e-3, momentum: 0.9);

    public override Tensor TrainingStep(Tensor batch, int batchIndex) => _layers.call(batch).pow(2).mean();

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        var now = Stopwatch.GetTimestamp();
        var exchanges = (arguments.Trainer.Strategy.Collectives as ProcessCollectives)?.Exchanges ?? 0;
        if (arguments.BatchIndex > Warmup)
        {
            Steps.Add(Stopwatch.GetElapsedTime(_lastStep, now).TotalMilliseconds);
            StepExchanges = exchanges - _lastExchanges;
        }

        (_lastStep, _lastExchanges) = (now, exchanges);
    }

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        var strategy = arguments.Trainer.Strategy;
        using var scope = NewDisposeScope();
        using (no_grad())
        {
            var source = rand(GradientBytes / sizeof(float));
            var target = zeros_like(source);
            var medians = Arms.Medians(
                Repetitions,
                () => Time(strategy, strategy.SynchronizeGradients),
                () => Time(strategy, () => (strategy.Collectives as ProcessCollectives)?.ReduceInPlace(target, ReduceOperation.Sum)),
                () => Time(strategy, () => target.copy_(source)),
                () => Time(strategy, strategy.Collectives.Barrier));
            (ReduceTime, SumTime, CopyTime, ExchangeTime) = (medians[0], medians[1], medians[2], medians[3]);
        }

        Saves = SaveTimes.MediansOf([.. Enumerable.Range(0, SaveRepetitions).Select(_ => Save(arguments.Trainer)).Skip(1)]);
    }

    /// <summary>
    /// Saves and computes the next gradients, then with a step boundary each millisecond until the checkpoint is durable. The times are
    /// those of the process that waits longest.
    /// </summary>
    private SaveTimes Save(Trainer trainer)
    {
        var collectives = trainer.Strategy.Collectives as ProcessCollectives;
        trainer.Strategy.Collectives.Barrier();
        var exchanges = collectives?.Exchanges ?? 0;
        var before = Statistics(trainer);
        var (start, processor) = (Stopwatch.GetTimestamp(), ThreadTime.Own);
        using var state = trainer.CaptureState();
        var assembled = Stopwatch.GetElapsedTime(start);
        var save = trainer.SaveCheckpoint(state, _path);
        var (stall, capture) = (Stopwatch.GetElapsedTime(start), save.Stall);
        processor = ThreadTime.Own - processor;
        exchanges = (collectives?.Exchanges ?? 0) - exchanges;
        using (NewDisposeScope())
        {
            TrainingStep(ones(1, _width), 0).backward();
        }

        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        var after = Statistics(trainer);
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

        var own = new SaveTimes
        {
            State = assembled.TotalMilliseconds,
            Capture = capture.TotalMilliseconds,
            Plan = (after.PlanTime - before.PlanTime).TotalMilliseconds,
            Copy = (after.CaptureTime - before.CaptureTime).TotalMilliseconds,
            Fence = (after.FenceTime - before.FenceTime).TotalMilliseconds,
            Rest = (stall - assembled - capture).TotalMilliseconds,
            Stall = stall.TotalMilliseconds,
            Processor = TimeSpan.FromTicks(processor).TotalMilliseconds,
            Settle = Arms.Median(settles),
            Durable = Stopwatch.GetElapsedTime(start).TotalMilliseconds,
            Exchanges = exchanges,
        };
        return collectives is null ? own : collectives.Gather(own).MaxBy(times => times.Stall)!;
    }

    private static AsyncCheckpointStatistics Statistics(Trainer trainer) =>
        trainer.Strategy.CheckpointIO.GetCapability<AsyncCheckpointIO>()!.Statistics;

    private static double Time(IStrategy strategy, Action action)
    {
        strategy.Collectives.Barrier();
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
