using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Decides where tensors live and how a step is executed, and owns the <see cref="CheckpointIO"/>. Derive from <see cref="Strategy"/> or
/// <see cref="ParallelStrategy"/>, which implement most of it.
/// </summary>
/// <remarks>
/// Calls, all on the thread of the run: <see cref="SetUp"/> once a run, then for every batch <see cref="ToDevice{T}"/>,
/// <see cref="Backward"/> and, when a window of accumulation is full, <see cref="SynchronizeGradients"/> and <see cref="OptimizerStep"/>;
/// <see cref="SettleCheckpoints"/>, <see cref="SaveCheckpoint"/> and the like at any step boundary; <see cref="TearDown"/> once a run.
/// Where several processes train together, each makes the same calls in the same order. The creator of the strategy disposes it.
/// </remarks>
public interface IStrategy : IAsyncDisposable
{
    /// <summary>Gets the device that the module and the batches are moved to.</summary>
    Device RootDevice { get; }

    /// <summary>Gets all devices that this process trains on.</summary>
    /// <value>Default: <see cref="RootDevice"/> alone.</value>
    IReadOnlyList<Device> Devices => [RootDevice];

    /// <summary>Gets the operations that the processes which train together perform in common.</summary>
    /// <value>Default: <see cref="SingleProcessCollectives"/>.</value>
    ICollectives Collectives => SingleProcessCollectives.Instance;

    /// <summary>Gets the object that writes, reads and removes checkpoints.</summary>
    CheckpointIO CheckpointIO { get; }

    /// <summary>
    /// Gets a value indicating whether users can choose the <see cref="CheckpointIO"/>. A strategy that writes checkpoints itself returns
    /// <see langword="false"/>; a trainer with such a strategy and a chosen <see cref="CheckpointIO"/> is refused.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    bool SupportsCustomCheckpointIO => true;

    /// <summary>Returns whether a model can be trained in a precision. A trainer with an unsupported precision is refused.</summary>
    /// <param name="precision">The precision.</param>
    /// <returns>Default: <see langword="true"/> for all but the mixed precisions.</returns>
    bool Supports(Precision precision) => !precision.IsMixed();

    /// <summary>
    /// Moves a module to the device, and gives it the same weights in all processes. Optimizers are created afterwards, since moving may
    /// replace parameters.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="precision">The precision of the module and of later batches; null to keep the types they have.</param>
    void SetUp(nn.Module module, Precision? precision = null);

    /// <summary>Moves a batch to the device, including the tensors in tuples, lists and dictionaries.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    T ToDevice<T>(T batch);

    /// <summary>Computes gradients, and adds them to those of earlier calls.</summary>
    /// <param name="loss">A scalar that requires a gradient.</param>
    void Backward(Tensor loss);

    /// <summary>
    /// Averages the gradients over all processes. Called once for each optimizer step, after its last <see cref="Backward"/> and before
    /// gradients are clipped.
    /// </summary>
    void SynchronizeGradients()
    {
    }

    /// <summary>Steps an optimizer, after the mutation fence (<see cref="CheckpointIO.BeforeParametersChange"/>).</summary>
    /// <param name="optimizer">The optimizer.</param>
    void OptimizerStep(optim.Optimizer optimizer);

    /// <summary>
    /// Called when a run has failed in this process, before its end. A strategy of several processes tells the others, which fail too.
    /// </summary>
    /// <param name="cause">The exception that ended the run.</param>
    void Fail(Exception cause)
    {
    }

    /// <summary>Saves a state. All processes call it at the same step; rank 0 writes.</summary>
    /// <param name="state">The state.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options);

    /// <summary>
    /// Shares the outcomes of ended saves with all processes, so that all report them at the same step. Called at every step boundary. The
    /// default does nothing, which is right for one process.
    /// </summary>
    void SettleCheckpoints()
    {
    }

    /// <summary>Loads a state, in every process.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    TrainingState LoadCheckpoint(string path, LoadOptions? options);

    /// <summary>Removes a checkpoint. All processes call it; rank 0 removes.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <returns>A task that completes when the checkpoint is removed.</returns>
    Task RemoveCheckpointAsync(string path);

    /// <summary>Ends a run. When it returns, every accepted save has ended, in every process.</summary>
    void TearDown();
}
