using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>How often a <see cref="DeviceStatsMonitor"/> looks.</summary>
public sealed class DeviceStatsMonitorOptions
{
    /// <summary>After how many optimizer steps; null for <see cref="TrainerOptions.LogEveryNSteps"/>. Default: null.</summary>
    [Range(1, int.MaxValue)]
    public int? EveryNSteps { get; set; }
}
