using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The collective operations of the processes that train one model together.</summary>
/// <remarks>
/// Every process makes the same calls in the same order, on the thread of its run. A strategy of one process uses
/// <see cref="SingleProcessCollectives"/>; a transport derives from <see cref="ProcessCollectives"/>.
/// </remarks>
public interface ICollectives
{
    /// <summary>Gets the number of this process in the group, from zero.</summary>
    int Rank { get; }

    /// <summary>Gets the number of this process among those on the same machine, from zero.</summary>
    /// <value>Default: 0.</value>
    int LocalRank => 0;

    /// <summary>Gets the number of processes in the group.</summary>
    int WorldSize { get; }

    /// <summary>Gets a value indicating whether this is rank 0, the process that writes checkpoints and logs.</summary>
    bool IsRankZero => Rank == 0;

    /// <summary>Blocks until every process has reached the barrier.</summary>
    void Barrier();

    /// <summary>Reduces a decision over all processes.</summary>
    /// <param name="decision">The decision of this process.</param>
    /// <param name="all"><see langword="true"/> if all processes must agree; <see langword="false"/> if one is enough.</param>
    /// <returns>The common decision, the same in every process.</returns>
    bool ReduceDecision(bool decision, bool all = true);

    /// <summary>Reduces a tensor over all processes, element by element.</summary>
    /// <param name="value">The tensor of this process, of the same type and shape in each; it is not changed.</param>
    /// <param name="operation">The reduction.</param>
    /// <returns>
    /// The result, the same in every process. The caller owns it; in a group of one it may share memory with <paramref name="value"/>.
    /// </returns>
    Tensor AllReduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean);

    /// <summary>Gathers a tensor from every process.</summary>
    /// <param name="value">The tensor of this process, of the same type and shape in each.</param>
    /// <returns>The tensors by rank, along a new first dimension of the length <see cref="WorldSize"/>. The caller owns it.</returns>
    Tensor AllGather(Tensor value);

    /// <summary>Sends a tensor from one process to all.</summary>
    /// <param name="value">In the source, the tensor to send; in the others, a tensor of the same type and shape. It is not
    /// changed.</param>
    /// <param name="source">The rank of the source.</param>
    /// <returns>The tensor of the source. The caller owns it; it may share memory with <paramref name="value"/>.</returns>
    Tensor Broadcast(Tensor value, int source = 0);

    /// <summary>Sends a value from one process to all.</summary>
    /// <typeparam name="T">A type that JSON can represent: a number, a text, a truth value, a record or list of these.</typeparam>
    /// <param name="value">In the source, the value to send; ignored in the others.</param>
    /// <param name="source">The rank of the source.</param>
    /// <returns>The value of the source.</returns>
    T Broadcast<T>(T value, int source = 0);
}

/// <summary>The reductions of <see cref="ICollectives.AllReduce"/>.</summary>
public enum ReduceOperation
{
    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The minimum.</summary>
    Min,

    /// <summary>The maximum.</summary>
    Max,
}

/// <summary>The collectives of a process that trains alone: every operation returns the value of this process.</summary>
public sealed class SingleProcessCollectives : ICollectives
{
    private SingleProcessCollectives()
    {
    }

    /// <summary>Gets the only instance.</summary>
    public static SingleProcessCollectives Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <inheritdoc/>
    public bool ReduceDecision(bool decision, bool all = true) => decision;

    /// <inheritdoc/>
    public Tensor AllReduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.detach();
    }

    /// <inheritdoc/>
    public Tensor AllGather(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var detached = value.detach();
        return detached.unsqueeze(0);
    }

    /// <inheritdoc/>
    public Tensor Broadcast(Tensor value, int source = 0)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfNotEqual(source, 0);
        return value.detach();
    }

    /// <inheritdoc/>
    public T Broadcast<T>(T value, int source = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(source, 0);
        return value;
    }
}
