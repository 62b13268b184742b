namespace Fulgurite.Callbacks;

/// <summary>How learning rates move from where they are to those of <see cref="StochasticWeightAveraging"/>.</summary>
public enum AnnealingStrategy
{
    /// <summary>Along half a cosine, slowly at both ends.</summary>
    Cosine,

    /// <summary>Evenly.</summary>
    Linear,
}
