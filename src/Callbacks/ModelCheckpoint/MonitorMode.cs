namespace Fulgurite;

/// <summary>Specifies whether smaller or larger values of a metric are better.</summary>
public enum MonitorMode
{
    /// <summary>Smaller values are better, such as for a loss.</summary>
    Min,

    /// <summary>Larger values are better, such as for an accuracy.</summary>
    Max,
}
