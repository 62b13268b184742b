namespace Fulgurite.Callbacks.Triggers;

/// <summary>Never: what is saved is saved at the end of the run.</summary>
public sealed class NeverTrigger : ICheckpointTrigger
{
    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment) => false;
}
