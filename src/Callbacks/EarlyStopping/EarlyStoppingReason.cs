namespace Fulgurite.Callbacks;

/// <summary>Why an <see cref="EarlyStopping"/> stopped a run.</summary>
public enum EarlyStoppingReason
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The metric was no longer getting better.</summary>
    PatienceExhausted,

    /// <summary>The metric was better than <see cref="EarlyStoppingOptions.StoppingThreshold"/>.</summary>
    StoppingThreshold,

    /// <summary>The metric was worse than <see cref="EarlyStoppingOptions.DivergenceThreshold"/>.</summary>
    DivergenceThreshold,

    /// <summary>The metric was NaN or infinite.</summary>
    NotFinite,
}
