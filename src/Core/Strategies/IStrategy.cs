using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Where tensors live and how a step is executed. It owns the <see cref="CheckpointIO"/>. Derive from <see cref="Strategy"/> or
/// <see cref="ParallelStrategy"/>, which do most of it.
/// </summary>
/// <remarks>
/// Calls, all on the thread of the run: <see cref="SetUp"/> once a run, then for every batch <see cref="ToDevice{T}"/>,
/// <see cref="Backward"/> and, when a window of accumulation is full, <see cref="OptimizerStep"/>; <see cref="SettleCheckpoints"/>,
/// <see cref="SaveCheckpoint"/> and the like at any step boundary; <see cref="TearDown"/> once a run. Where several processes train
/// together each makes the same calls in the same order. The trainer disposes the strategy it made, else whoever made it does.
/// </remarks>
public interface IStrategy : IAsyncDisposable
{
    /// <summary>The device that the module and the batches are moved to.</summary>
    Device RootDevice { get; }

    /// <summary>All devices that this process trains on. Default: <see cref="RootDevice"/> alone.</summary>
    IReadOnlyList<Device> Devices => [RootDevice];

    /// <summary>The number of this process among all that train together, from zero.</summary>
    int GlobalRank { get; }

    /// <summary>The number of this process among those on the same machine, from zero. Default: zero.</summary>
    int LocalRank => 0;

    /// <summary>How many processes train together.</summary>
    int WorldSize { get; }

    /// <summary>Whether this is the process that writes and speaks for all.</summary>
    bool IsGlobalZero => GlobalRank == 0;

    /// <summary>How checkpoints are written, read and removed.</summary>
    CheckpointIO CheckpointIO { get; }

    /// <summary>
    /// Whether checkpoints can be written by a <see cref="CheckpointIO"/> that a user chooses. A strategy that writes them itself says no, and
    /// is refused where one is chosen. Default: true.
    /// </summary>
    bool SupportsCustomCheckpointIO => true;

    /// <summary>Whether a model can be trained in a precision; a trainer that is asked for one that cannot is refused. Default: all but mixed ones.</summary>
    /// <param name="precision">The precision.</param>
    bool Supports(Precision precision) => !precision.IsMixed();

    /// <summary>
    /// Moves a module to the device, and makes it the same in all processes. Optimizers are made afterwards, since moving may replace
    /// parameters.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="precision">What it computes in, and <see cref="ToDevice{T}"/> with it from now on; null for the types that it has.</param>
    void SetUp(nn.Module module, Precision? precision = null);

    /// <summary>Moves a batch to the device; the tensors of tuples, lists and dictionaries too.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    T ToDevice<T>(T batch);

    /// <summary>Computes gradients; afterwards they are those of all processes together, their mean.</summary>
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

    /// <summary>Makes one tensor of those of all processes, the same in each. The caller owns it; where one process trains it may share memory with
    /// <paramref name="value"/>.</summary>
    /// <param name="value">That of this process, of the same type and shape in each; it is not changed.</param>
    /// <param name="operation">How.</param>
    Tensor Reduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean);

    /// <summary>The tensors of all processes along a new first dimension of the length <see cref="WorldSize"/>. The caller owns it.</summary>
    /// <param name="value">That of this process, of the same type and shape in each.</param>
    Tensor AllGather(Tensor value);

    /// <summary>The value of one process, in all of them.</summary>
    /// <typeparam name="T">A number, a text, a truth value, or what else JSON carries; no tensors.</typeparam>
    /// <param name="value">That of this process; it counts in the one that is asked for.</param>
    /// <param name="source">The rank that is asked for.</param>
    T Broadcast<T>(T value, int source = 0);

    /// <summary>Saves a state, from one process if several train together. All call it, with a state of the same moment.</summary>
    /// <param name="state">The state.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
    SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options);

    /// <summary>
    /// Makes known in all processes how saves have ended, so that they hear of it at the same step. Called at every step boundary. Default:
    /// nothing, which is right where one process trains.
    /// </summary>
    void SettleCheckpoints()
    {
    }

    /// <summary>Loads a state, in every process.</summary>
    /// <param name="path">Where from.</param>
    /// <param name="options">How; null for the defaults.</param>
    TrainingState LoadCheckpoint(string path, LoadOptions? options);

    /// <summary>Removes a checkpoint, from one process if several train together.</summary>
    /// <param name="path">Which.</param>
    /// <returns>Completes when it is gone.</returns>
    Task RemoveCheckpointAsync(string path);

    /// <summary>Ends a run: every accepted save is durable or has failed when this returns, and every process knows.</summary>
    void TearDown();
}

/// <summary>How the values of several processes become one.</summary>
public enum ReduceOperation
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The smallest, element by element.</summary>
    Min,

    /// <summary>The largest, element by element.</summary>
    Max,
}
