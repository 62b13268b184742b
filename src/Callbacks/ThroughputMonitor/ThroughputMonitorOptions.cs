using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

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
