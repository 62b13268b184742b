using Fulgurite.IO;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>Where tensors live and how a step is executed. It owns the <see cref="CheckpointIO"/>.</summary>
/// <remarks>
/// Calls, all on the thread of the run: <see cref="SetUp"/> once a run, then for every batch <see cref="ToDevice{T}"/>,
/// <see cref="Backward"/> and, when a window of accumulation is full, <see cref="OptimizerStep"/>; <see cref="SaveCheckpoint"/> and the like
/// at any step boundary; <see cref="TearDown"/> once a run. The trainer disposes the strategy it made, else whoever made it does.
/// </remarks>
public interface IStrategy : IAsyncDisposable
{
    /// <summary>The device that the module and the batches are moved to.</summary>
    Device RootDevice { get; }

    /// <summary>The number of this process among all that train together, from zero.</summary>
    int GlobalRank { get; }

    /// <summary>How many processes train together.</summary>
    int WorldSize { get; }

    /// <summary>How checkpoints are written, read and removed.</summary>
    CheckpointIO CheckpointIO { get; }

    /// <summary>
    /// Whether checkpoints can be written by a <see cref="CheckpointIO"/> that a user chooses. A strategy that writes them itself says no, and
    /// is refused where one is chosen. Default: true.
    /// </summary>
    bool SupportsCustomCheckpointIO => true;

    /// <summary>Moves a module to the device. Optimizers are made afterwards, since moving may replace parameters.</summary>
    /// <param name="module">The module.</param>
    void SetUp(nn.Module module);

    /// <summary>Moves a batch to the device; the tensors of tuples, lists and dictionaries too.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    T ToDevice<T>(T batch);

    /// <summary>Computes gradients.</summary>
    /// <param name="loss">A single number that autograd knows how it was made.</param>
    void Backward(Tensor loss);

    /// <summary>Changes the parameters, after the mutation fence (<see cref="CheckpointIO.BeforeParametersChange"/>).</summary>
    /// <param name="optimizer">The optimizer that changes them.</param>
    void OptimizerStep(optim.Optimizer optimizer);

    /// <summary>Waits until all processes are here.</summary>
    void Barrier();

    /// <summary>The decision of all processes together.</summary>
    /// <param name="decision">That of this process.</param>
    /// <param name="all">Whether all must agree; else one is enough.</param>
    bool ReduceDecision(bool decision, bool all = true);

    /// <summary>Saves a state, from one process if several train together.</summary>
    /// <param name="state">The state.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options);

    /// <summary>Loads a state, in every process.</summary>
    /// <param name="path">Where from.</param>
    /// <param name="options">How; null for the defaults.</param>
    TrainingState LoadCheckpoint(string path, LoadOptions? options);

    /// <summary>Removes a checkpoint, from one process if several train together.</summary>
    /// <param name="path">Which.</param>
    /// <returns>Completes when it is gone.</returns>
    Task RemoveCheckpointAsync(string path);

    /// <summary>Ends a run: every accepted save is durable or has failed when this returns.</summary>
    void TearDown();
}
