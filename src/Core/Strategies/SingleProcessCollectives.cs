using static TorchSharp.torch;

namespace Fulgurite;

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
