namespace Fulgurite;

/// <summary>
/// What an asynchronous <see cref="CheckpointIO"/> does when the time to write is limited. Found with
/// <see cref="CheckpointIO.GetCapability{T}"/>.
/// </summary>
public interface ICheckpointDeadline
{
    /// <summary>
    /// Writes what a run resumes from (<see cref="SaveOptions.IsResumePoint"/>) before everything else that waits, until nothing waits any more.
    /// The trainer calls it when a run was told to stop, before it drains.
    /// </summary>
    void WriteResumePointsFirst();
}
