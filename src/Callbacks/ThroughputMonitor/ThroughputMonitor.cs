using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Fulgurite.Composition;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Measures how fast training goes and sends it to the loggers every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
/// <remarks>Time spent in validations does not count; waiting for data does. Speeds are of this process alone and no part of checkpoints.</remarks>
/// <param name="options">Over how many batches; null for the defaults.</param>
/// <param name="time">The clock; null for that of the system.</param>
[Plugin("throughput-monitor")]
public sealed class ThroughputMonitor(ThroughputMonitorOptions? options = null, TimeProvider? time = null) : Callback, IConfigurable<ThroughputMonitorOptions>
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Where training stood at the end of a batch: its time, and the samples and tokens until then.
    private readonly Queue<(TimeSpan Time, long? Samples, long? Tokens)> _window = new();
    private (TimeSpan Time, long? Samples, long? Tokens) _newest;
    private long _start;
    private long _pausedAt;
    private TimeSpan _paused;

    /// <inheritdoc/>
    public ThroughputMonitorOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>Tells the samples of a batch. Default: the first dimension of the first tensor in it.</summary>
    public Func<object, long?> CountSamples { get; init; } = BatchSize.Find;

    /// <summary>Tells the tokens of a batch; null for nobody counts them. Default: null.</summary>
    public Func<object, long?>? CountTokens { get; init; }

    /// <summary>The speed over the newest batches; null as long as there are not two.</summary>
    public Throughput? Latest { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments)
    {
        _window.Clear();
        _start = _time.GetTimestamp();
        (_paused, Latest) = (TimeSpan.Zero, null);
        _newest = (TimeSpan.Zero, 0, CountTokens is null ? null : 0);
        _window.Enqueue(_newest);
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        _newest = (_time.GetElapsedTime(_start) - _paused, _newest.Samples + CountSamples(arguments.Batch), _newest.Tokens + CountTokens?.Invoke(arguments.Batch));
        _window.Enqueue(_newest);
        if (_window.Count > Options.WindowSize + 1)
        {
            _window.Dequeue();
        }

        if (arguments.Stepped && arguments.Trainer.GlobalStep % arguments.Trainer.Options.LogEveryNSteps == 0 && Measure() is { } throughput)
        {
            Latest = throughput;
            arguments.Trainer.LogMetrics(throughput.ToDictionary());
        }
    }

    /// <inheritdoc/>
    public override void OnValidationStart(OnValidationStartArguments arguments) => _pausedAt = _time.GetTimestamp();

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments) => _paused += _time.GetElapsedTime(_pausedAt);

    private Throughput? Measure()
    {
        var oldest = _window.Peek();
        var seconds = (_newest.Time - oldest.Time).TotalSeconds;
        if (_window.Count < 3 || seconds <= 0)
        {
            return null;
        }

        var batches = (_window.Count - 1) / seconds;
        var flops = batches * Options.FlopsPerBatch;
        return new Throughput(
            batches,
            (_newest.Samples - oldest.Samples) / seconds,
            (_newest.Tokens - oldest.Tokens) / seconds,
            flops,
            flops / Options.PeakFlopsPerSecond);
    }
}

/// <summary>Over how many batches a <see cref="ThroughputMonitor"/> measures, and what a batch costs.</summary>
public sealed class ThroughputMonitorOptions
{
    /// <summary>How many of the newest training batches the speed is the mean of. Default: 100.</summary>
    [Range(2, 1_000_000)]
    public int WindowSize { get; set; } = 100;

    /// <summary>How many floating point operations a batch takes, forward and backward; null where nobody knows. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? FlopsPerBatch { get; set; }

    /// <summary>How many floating point operations a second the device can do at best, for its utilisation; null where nobody knows. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? PeakFlopsPerSecond { get; set; }
}

/// <summary>Finds out how many samples a batch has.</summary>
internal static class BatchSize
{
    /// <summary>The first dimension of the first tensor in a tensor, tuple, dictionary or list; null where there is none.</summary>
    public static long? Find(object? batch) => batch switch
    {
        Tensor tensor => tensor.shape is [var first, ..] ? first : null,
        ITuple tuple => Enumerable.Range(0, tuple.Length).Select(index => Find(tuple[index])).FirstOrDefault(size => size is not null),
        IDictionary dictionary => dictionary.Values.Cast<object?>().Select(Find).FirstOrDefault(size => size is not null),
        string => null,
        IEnumerable items => items.Cast<object?>().Select(Find).FirstOrDefault(size => size is not null),
        _ => null,
    };
}

/// <summary>How fast training goes, over a window of batches; without validations.</summary>
/// <param name="BatchesPerSecond">Batches a second.</param>
/// <param name="SamplesPerSecond">Samples a second; null where their number is not known.</param>
/// <param name="TokensPerSecond">Tokens a second; null where nobody counts them.</param>
/// <param name="FlopsPerSecond">Floating point operations a second; null where it is not known how many a batch takes.</param>
/// <param name="Utilization">Those as a share of the device's best, 0 to 1; null where that is not known.</param>
public readonly record struct Throughput(
    double BatchesPerSecond, double? SamplesPerSecond, double? TokensPerSecond, double? FlopsPerSecond, double? Utilization)
{
    /// <summary>The numbers that are known, by the names under which they go to loggers.</summary>
    public IReadOnlyDictionary<string, double> ToDictionary()
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal) { ["train/batches_per_sec"] = BatchesPerSecond };
        Add("train/samples_per_sec", SamplesPerSecond);
        Add("train/tokens_per_sec", TokensPerSecond);
        Add("train/flops_per_sec", FlopsPerSecond);
        Add("train/utilization", Utilization);
        return numbers;

        void Add(string name, double? number)
        {
            if (number is { } known)
            {
                numbers[name] = known;
            }
        }
    }
}
