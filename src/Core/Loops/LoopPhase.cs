namespace Fulgurite.Loops;

/// <summary>What a run did last. The names are written to checkpoints.</summary>
internal enum LoopPhase
{
    /// <summary>Nothing yet.</summary>
    Start,

    /// <summary>A training batch was used; a validation that is due after it has not begun.</summary>
    TrainBatchEnd,

    /// <summary>The validation that was due after the last training batch is done.</summary>
    ValidationEnd,

    /// <summary>The epoch has ended and is counted.</summary>
    TrainEpochEnd,
}
