namespace Fulgurite.Callbacks.Triggers;

/// <summary>At which hooks a checkpoint may be due.</summary>
public enum CheckpointMomentKind
{
    /// <summary>A training batch was used.</summary>
    TrainBatchEnd,

    /// <summary>A validation has ended; what it logged is fresh.</summary>
    ValidationEnd,

    /// <summary>An epoch has ended; what it logged is reduced.</summary>
    TrainEpochEnd,
}
