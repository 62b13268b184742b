namespace Fulgurite.Callbacks;

/// <summary>Which values of a metric are better.</summary>
public enum MonitorMode
{
    /// <summary>Smaller ones, as of a loss.</summary>
    Min,

    /// <summary>Larger ones, as of an accuracy.</summary>
    Max,
}
