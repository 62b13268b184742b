using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Measures the speed of training and logs it every <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
/// <remarks>
/// Validation time is excluded; waiting for data is included. Speeds are those of this process, and not part of checkpoints.
/// </remarks>
/// <param name="options">The options; null for the defaults.</param>
/// <param name="time">The clock; null for the system clock.</param>
[Plugin("throughput-monitor")]
public sealed class ThroughputMonitor(ThroughputMonitorOptions? options = null, TimeProvider? time = null)
    : Callback, IConfigurable<ThroughputMonitorOptions>
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // The position of training at the end of a batch: its time, and the samples and tokens so far.
    private readonly Queue<(TimeSpan Time, long? Samples, long? Tokens)> _window = new();
    private (TimeSpan Time, long? Samples, long? Tokens) _newest;
    private long _start;
    private long _pausedAt;
    private TimeSpan _paused;

    /// <inheritdoc/>
    public ThroughputMonitorOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>
    /// Gets the function that returns the number of samples of a batch. The default is the first dimension of its first tensor.
    /// </summary>
    public Func<object, long?> CountSamples { get; init; } = BatchSize.Find;

    /// <summary>
    /// Gets the function that returns the number of tokens of a batch; null if tokens are not counted. The default is null.
    /// </summary>
    public Func<object, long?>? CountTokens { get; init; }

    /// <summary>Gets the speed over the newest batches; null before the second batch.</summary>
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
        _newest = (
            _time.GetElapsedTime(_start) - _paused, _newest.Samples + CountSamples(arguments.Batch),
            _newest.Tokens + CountTokens?.Invoke(arguments.Batch));
        _window.Enqueue(_newest);
        if (_window.Count > Options.WindowSize + 1)
        {
            _window.Dequeue();
        }

        if (arguments.Stepped && arguments.Trainer.GlobalStep % arguments.Trainer.Options.LogEveryNSteps == 0
            && Measure() is { } throughput)
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

/// <summary>Options of <see cref="ThroughputMonitor"/>.</summary>
public sealed class ThroughputMonitorOptions
{
    /// <summary>Gets or sets the number of training batches in the mean.</summary>
    /// <value>The default is 100.</value>
    [Range(2, 1_000_000)]
    public int WindowSize { get; set; } = 100;

    /// <summary>Gets or sets the number of floating-point operations per batch, forward and backward; null if unknown.</summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double? FlopsPerBatch { get; set; }

    /// <summary>Gets or sets the peak floating-point operations per second of the device, for its utilization; null if unknown.</summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double? PeakFlopsPerSecond { get; set; }
}

/// <summary>Determines the number of samples of a batch.</summary>
internal static class BatchSize
{
    /// <summary>Returns the first dimension of the first tensor in a tensor, tuple, dictionary or list; null if there is none.</summary>
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

/// <summary>The speed of training over a window of batches, without validations.</summary>
/// <param name="BatchesPerSecond">Batches per second.</param>
/// <param name="SamplesPerSecond">Samples per second; null if unknown.</param>
/// <param name="TokensPerSecond">Tokens per second; null if not counted.</param>
/// <param name="FlopsPerSecond">Floating-point operations per second; null if their number per batch is unknown.</param>
/// <param name="Utilization">The fraction of the peak operations of the device, 0 to 1; null if unknown.</param>
public readonly record struct Throughput(
    double BatchesPerSecond, double? SamplesPerSecond, double? TokensPerSecond, double? FlopsPerSecond, double? Utilization)
{
    /// <summary>Returns the known numbers by their metric names.</summary>
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
