using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// An optional capability of a <see cref="CheckpointIO"/> whose checkpoints consist of parts, one written by each process of a training.
/// Found with <see cref="CheckpointIO.GetCapability{T}"/>.
/// </summary>
/// <remarks>
/// The strategy makes the calls. In every process, it submits the state of <see cref="GetPart"/> to the path of <see cref="GetPartPath"/>.
/// Once all parts are durable, rank 0 submits an empty state with the options of <see cref="GetCommit"/> to the path of the checkpoint,
/// which replaces the previous checkpoint as a whole. After a failure each process removes the path of its part. A state that is submitted
/// without these calls is saved as a checkpoint of one part.
/// </remarks>
public interface ICheckpointParts
{
    /// <summary>
    /// Returns an identifier for a new save. Called in rank 0. It is greater, in ordinal order, than those of earlier saves.
    /// </summary>
    string CreateSaveId();

    /// <summary>
    /// Returns the part of a state that a process writes; its tensors are those of the state. All processes have states of the same
    /// structure, and each tensor is in one part. Called on the thread of the run.
    /// </summary>
    /// <param name="state">The state of this process.</param>
    /// <param name="rank">The number of the process.</param>
    /// <param name="worldSize">The number of processes.</param>
    TrainingState GetPart(TrainingState state, int rank, int worldSize);

    /// <summary>Returns the path under which a part is saved and removed.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="saveId">The identifier of the save.</param>
    /// <param name="rank">The number of the process.</param>
    /// <param name="worldSize">The number of processes.</param>
    string GetPartPath(string path, string saveId, int rank, int worldSize);

    /// <summary>Returns the options of the save that makes the durable parts of all processes the checkpoint.</summary>
    /// <param name="saveId">The identifier of the save.</param>
    /// <param name="worldSize">The number of processes.</param>
    StorageOptions GetCommit(string saveId, int worldSize);
}
