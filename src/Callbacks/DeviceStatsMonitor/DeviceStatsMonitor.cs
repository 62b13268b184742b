using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Logs the resources of the process: <c>process/memory_mb</c> (resident), <c>process/cpu_seconds</c> and <c>process/threads</c>,
/// <c>gc/heap_mb</c>, <c>gc/collections</c> and <c>gc/pause_seconds</c>, and <c>torch/live_tensors</c>.
/// </summary>
/// <remarks>
/// TorchSharp has no memory statistics for CUDA devices, so they are not included. A reading takes a fraction of a millisecond.
/// </remarks>
/// <param name="options">The options; null for the defaults.</param>
[Plugin("device-stats-monitor")]
public sealed class DeviceStatsMonitor(DeviceStatsMonitorOptions? options = null) : Callback, IConfigurable<DeviceStatsMonitorOptions>
{
    private const double Megabyte = 1 << 20;

    /// <inheritdoc/>
    public DeviceStatsMonitorOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>Gets the last logged values.</summary>
    public IReadOnlyDictionary<string, double> Latest { get; private set; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        if (arguments.Stepped && arguments.Trainer.GlobalStep % (Options.EveryNSteps ?? arguments.Trainer.Options.LogEveryNSteps) == 0)
        {
            Latest = Look();
            arguments.Trainer.LogMetrics(Latest);
        }
    }

    private static Dictionary<string, double> Look()
    {
        using var process = Process.GetCurrentProcess();
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["process/memory_mb"] = process.WorkingSet64 / Megabyte,
            ["process/cpu_seconds"] = process.TotalProcessorTime.TotalSeconds,
            ["process/threads"] = process.Threads.Count,
            ["gc/heap_mb"] = GC.GetTotalMemory(forceFullCollection: false) / Megabyte,
            ["gc/collections"] = GC.CollectionCount(0),
            ["gc/pause_seconds"] = GC.GetTotalPauseDuration().TotalSeconds,
            ["torch/live_tensors"] = Tensor.TotalCount,
        };
    }
}

/// <summary>Options of <see cref="DeviceStatsMonitor"/>.</summary>
public sealed class DeviceStatsMonitorOptions
{
    /// <summary>Gets or sets the interval in optimizer steps; null for <see cref="TrainerOptions.LogEveryNSteps"/>.</summary>
    /// <value>The default is null.</value>
    [Range(1, int.MaxValue)]
    public int? EveryNSteps { get; set; }
}
