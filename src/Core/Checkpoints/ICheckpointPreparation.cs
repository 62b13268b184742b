using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// What a <see cref="CheckpointIO"/> can do before the first save, so that the first costs no more than the others. Found with
/// <see cref="CheckpointIO.GetCapability{T}"/>.
/// </summary>
public interface ICheckpointPreparation
{
    /// <summary>Takes and touches the memory that saving a state of this size needs; returns at once and works in the background.</summary>
    /// <param name="checkpoint">A state like those that will be saved. Its tensors are measured, not read.</param>
    void Prepare(TrainingState checkpoint);
}
