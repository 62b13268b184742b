using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A strategy of several processes that hold the same model and train on data of their own. A class of its own says how bytes are
/// exchanged (<see cref="Exchange"/>), and may override what its transport does faster.
/// </summary>
/// <remarks>
/// <para>
/// Gradients are averaged after every <see cref="Backward"/>, so that all processes step alike; rank 0 writes checkpoints, and all hear at
/// the same step how a save has ended.
/// </para>
/// <para>
/// All processes make the same calls in the same order. One that leaves that order, because it failed or its data ended earlier, is found
/// out by the others in their next call, which throws an <see cref="InvalidOperationException"/> that says who is where; from then on
/// the process is on its own, and ends.
/// </para>
/// </remarks>
public abstract partial class ParallelStrategy : Strategy
{
    // A metric may well be no number, or infinite.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly List<Parameter> _parameters = [];
    private bool _lost;

    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on. That of rank 0 writes.</param>
    protected ParallelStrategy(CheckpointIO checkpointIO)
        : base(checkpointIO)
    {
    }

    /// <inheritdoc/>
    public abstract override int GlobalRank { get; }

    /// <inheritdoc/>
    public abstract override int WorldSize { get; }

    /// <inheritdoc/>
    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        base.SetUp(module, precision);
        _lost = false;
        _parameters.Clear();

        // Those that are frozen too: they may thaw while training goes on, in all processes alike.
        _parameters.AddRange(module.parameters());
        foreach (var (name, tensor) in module.state_dict())
        {
            var weights = ExchangeAll("the tensor '" + name + "'", IsGlobalZero ? TensorBytes.Of(tensor) : [])[0];
            if (!IsGlobalZero)
            {
                TensorBytes.Copy(weights, tensor);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(Tensor loss)
    {
        base.Backward(loss);
        foreach (var parameter in _parameters)
        {
            if (parameter.requires_grad)
            {
                Average(parameter);
            }
        }
    }

    /// <inheritdoc/>
    public override void Barrier() => ExchangeAll("a barrier", []);

    /// <inheritdoc/>
    public override bool ReduceDecision(bool decision, bool all = true)
    {
        var decisions = ExchangeAll("a decision", [decision ? (byte)1 : (byte)0]);
        return all ? decisions.All(each => each[0] != 0) : decisions.Any(each => each[0] != 0);
    }

    /// <inheritdoc/>
    public override Tensor Reduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var gathered = AllGather(value);
        var reduced = operation switch
        {
            ReduceOperation.Sum => gathered.sum([0L]),
            ReduceOperation.Min => gathered.amin([0L]),
            ReduceOperation.Max => gathered.amax([0L]),
            _ when value.is_floating_point() => gathered.sum([0L]) / WorldSize,
            _ => throw new ArgumentException($"The mean of {value.dtype} tensors is no {value.dtype}. Convert them to a type of fractional numbers, or ask for the sum.", nameof(value)),
        };
        return reduced.to(value.dtype, value.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor AllGather(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var own = TensorBytes.Of(value);
        var all = ExchangeAll("a tensor of " + value.dtype + " [" + string.Join(", ", value.shape) + "]", own);
        return stack(all.Select(bytes => TensorBytes.ToTensor(bytes, value))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override T Broadcast<T>(T value, int source = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, WorldSize);
        var text = ExchangeAll("a value of rank " + source, GlobalRank == source ? JsonSerializer.SerializeToUtf8Bytes(value, Json) : [])[source];
        return GlobalRank == source ? value : JsonSerializer.Deserialize<T>(text, Json)!;
    }

    /// <summary>Gives bytes to all processes and gets those of all, in the order of their ranks. Returns when all have called it.</summary>
    /// <remarks>The one thing that a transport must do. It throws where a process is gone, rather than wait for it for ever.</remarks>
    /// <param name="own">The bytes of this process; their length may differ between processes.</param>
    protected abstract IReadOnlyList<byte[]> Exchange(byte[] own);

    private void Average(Parameter parameter)
    {
        // A parameter that no loss of this process used still takes part: it may have a gradient elsewhere.
        using var gradient = parameter.grad;
        var all = ExchangeAll("a gradient", gradient is null ? [] : TensorBytes.Of(gradient));
        if (all.All(bytes => bytes.Length == 0))
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var sum = zeros_like(parameter);
        foreach (var bytes in all.Where(bytes => bytes.Length > 0))
        {
            sum.add_(TensorBytes.ToTensor(bytes, parameter));
        }

        parameter.grad = sum / WorldSize;
    }

    /// <summary>Exchanges, with what is exchanged written before the bytes, so that processes that went apart find out.</summary>
    private List<byte[]> ExchangeAll(string what, byte[] own)
    {
        if (_lost)
        {
            throw new InvalidOperationException($"Rank {GlobalRank} has lost the other processes and cannot exchange {what} with them.");
        }

        try
        {
            var packets = Exchange(Packet.Seal(what, own)).Select(Packet.Open).ToList();
            if (packets.Count != WorldSize)
            {
                throw new InvalidOperationException($"{GetType().Name}.Exchange gave the bytes of {packets.Count} processes, and WorldSize is {WorldSize}.");
            }

            var other = packets.FindIndex(packet => !string.Equals(packet.What, what, StringComparison.Ordinal));
            return other < 0
                ? packets.ConvertAll(packet => packet.Bytes)
                : throw new InvalidOperationException(
                    $"Rank {GlobalRank} exchanges {what} and rank {other} {packets[other].What}: the processes have left their common order. Give all the same options and the same number of batches.");
        }
        catch
        {
            _lost = true;
            throw;
        }
    }
}
