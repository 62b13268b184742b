namespace Fulgurite.Schedulers;

/// <summary>How a <see cref="OneCycleLR"/> goes from one value to the next.</summary>
public enum AnnealingStrategy
{
    /// <summary>Along half a cosine wave.</summary>
    Cosine,

    /// <summary>In a straight line.</summary>
    Linear,
}
