namespace Fulgurite.Callbacks;

/// <summary>How the learning rates of a search lie between the first and the last.</summary>
public enum LearningRateSpacing
{
    /// <summary>Each is the one before times the same factor.</summary>
    Exponential,

    /// <summary>Each is the one before plus the same amount.</summary>
    Linear,
}
