namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="TrainingTimer"/> looks at the clock.</summary>
public enum TimerInterval
{
    /// <summary>After every training batch.</summary>
    Batch,

    /// <summary>After every epoch.</summary>
    Epoch,
}
