namespace Fulgurite.Schedulers;

/// <summary>How the threshold of a <see cref="ReduceLROnPlateau"/> is meant.</summary>
public enum ThresholdMode
{
    /// <summary>As a share of the best value.</summary>
    Relative,

    /// <summary>As a difference from the best value.</summary>
    Absolute,
}
