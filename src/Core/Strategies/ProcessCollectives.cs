using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Collectives over a transport of bytes. A derived class provides the rank, the size of the group and <see cref="Exchange"/>, and
/// overrides the operations that its transport does faster.
/// </summary>
/// <remarks>
/// All processes make the same calls in the same order. A process that leaves that order, because it failed or its data ended earlier, is
/// detected by the others in their next call, which throws an <see cref="InvalidOperationException"/> that names the ranks and their
/// operations. Every later call of that run throws too.
/// </remarks>
public abstract class ProcessCollectives : ICollectives
{
    // A metric can be NaN or infinite.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    // Starts the name of the operation of a process that failed.
    private const string FailureMark = "the failure: ";

    private bool _lost;

    // The run has failed, and all processes have learned of it in the same exchange: they can still agree on the end of it.
    private bool _isTogether;

    /// <inheritdoc/>
    public abstract int Rank { get; }

    /// <inheritdoc/>
    public virtual int LocalRank => 0;

    /// <inheritdoc/>
    public abstract int WorldSize { get; }

    /// <inheritdoc/>
    public virtual void Barrier() => ExchangeAll("a barrier", []);

    /// <inheritdoc/>
    public virtual bool ReduceDecision(bool decision, bool all = true)
    {
        var decisions = ExchangeAll("a decision", [decision ? (byte)1 : (byte)0]);
        return all ? decisions.All(each => each[0] != 0) : decisions.Any(each => each[0] != 0);
    }

    /// <inheritdoc/>
    public virtual Tensor AllReduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var gathered = AllGather(value);
        using Scalar size = WorldSize;
        var reduced = operation switch
        {
            ReduceOperation.Sum => gathered.sum([0L]),
            ReduceOperation.Min => gathered.amin([0L]),
            ReduceOperation.Max => gathered.amax([0L]),
            _ when value.is_floating_point() => gathered.sum([0L]).div_(size),
            _ => throw new ArgumentException(
                $"The mean of {value.dtype} tensors is no {value.dtype}. Convert them to a floating-point type, or use the sum.",
                nameof(value)),
        };
        return reduced.to(value.dtype, value.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public virtual Tensor AllGather(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var all = ExchangeAll(Describe(value), TensorBytes.Of(value));
        return stack(all.Select(bytes => TensorBytes.ToTensor(bytes, value))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public virtual Tensor Broadcast(Tensor value, int source = 0)
    {
        ArgumentNullException.ThrowIfNull(value);
        CheckSource(source);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var bytes = ExchangeAll($"{Describe(value)} of rank {source}", Rank == source ? TensorBytes.Of(value) : [])[source];
        return (Rank == source ? value.detach() : TensorBytes.ToTensor(bytes, value)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public virtual T Broadcast<T>(T value, int source = 0)
    {
        CheckSource(source);
        var text = ExchangeAll($"a value of rank {source}", Rank == source ? JsonSerializer.SerializeToUtf8Bytes(value, Json) : [])[source];
        return Rank == source ? value : JsonSerializer.Deserialize<T>(text, Json)!;
    }

    /// <summary>Gathers a value from every process, by rank.</summary>
    /// <typeparam name="T">A type that JSON can represent.</typeparam>
    /// <param name="value">The value of this process.</param>
    /// <param name="atEnd">Whether the run ends, which also works after a failure of which all processes know.</param>
    internal List<T> Gather<T>(T value, bool atEnd = false) =>
        ExchangeAll("the values of all ranks", JsonSerializer.SerializeToUtf8Bytes(value, Json), atEnd)
            .ConvertAll(bytes => JsonSerializer.Deserialize<T>(bytes, Json)!);

    /// <summary>Gathers a value from every process after a failure of which all know, by rank.</summary>
    /// <typeparam name="T">A type that JSON can represent.</typeparam>
    /// <param name="value">The value of this process.</param>
    /// <exception cref="InvalidOperationException">Not all processes know of the failure, or one is at another operation.</exception>
    internal List<T> GatherAtFailure<T>(T value) =>
        _isTogether
            ? ExchangeAll("the saves before the failure", JsonSerializer.SerializeToUtf8Bytes(value, Json), atEnd: true)
                .ConvertAll(bytes => JsonSerializer.Deserialize<T>(bytes, Json)!)
            : throw Lost("the saves before the failure");

    /// <summary>
    /// Replaces a tensor by its reduction over all processes. Its type and shape are the same in each, which the caller has made sure of
    /// by an earlier operation.
    /// </summary>
    /// <param name="value">A contiguous tensor of floating-point numbers, without autograd.</param>
    /// <param name="operation">The mean or the sum.</param>
    public virtual void ReduceInPlace(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var reduced = AllReduce(value, operation);
        value.copy_(reduced);
    }

    /// <summary>
    /// Gets a value indicating whether <see cref="ReduceInPlace"/> can run on another thread than that of the run, which makes no call at
    /// that time. The transport itself reports processes that do not answer.
    /// </summary>
    /// <value>The default is <see langword="false"/>: gradients are averaged after the backward pass.</value>
    protected internal virtual bool ReducesInBackground => false;

    /// <summary>
    /// Gets the number of exchanges that all processes have completed. What a process did before the last of them, the others have done
    /// too.
    /// </summary>
    internal long Exchanges { get; private set; }

    /// <summary>Throws the exception of an exchange if the other processes are lost.</summary>
    internal void ThrowIfLost(string what)
    {
        if (_lost)
        {
            throw Lost(what);
        }
    }

    /// <summary>Makes sure that all processes are at the same operation.</summary>
    internal void Meet(string operation) => ExchangeAll(operation, []);

    /// <summary>Gets the reason why this process fails, while it tells the others; otherwise, null.</summary>
    /// <remarks>A transport whose other processes are busy does not wait for them as long as usual then.</remarks>
    protected string? Failure { get; private set; }

    /// <summary>Starts a run: a group that lost a process in an earlier one may be complete again.</summary>
    internal void StartRun() => (_lost, _isTogether) = (false, false);

    /// <summary>
    /// Tells the others that a run has failed in this process. They throw an exception with the reason in their next operation.
    /// </summary>
    internal void Fail(Exception cause)
    {
        if (_lost)
        {
            return;
        }

        Failure = $"{cause.GetType().Name}: {cause.Message}";
        _lost = true;
        try
        {
            // Where all fail alike, they are still together, and agree on how their saves have ended.
            _lost = !Exchange(Packet.Seal(FailureMark + Failure, [])).All(
                packet => Packet.Open(packet).What.StartsWith(FailureMark, StringComparison.Ordinal));
            _isTogether = true;
        }
        finally
        {
            Failure = null;
        }
    }

    /// <summary>Makes sure that all processes are at the same operation, before one that the transport performs by itself.</summary>
    /// <param name="operation">The description of the operation, the same in each process.</param>
    /// <exception cref="InvalidOperationException">A process is at another operation, or has failed.</exception>
    protected void Announce(string operation) => ExchangeAll(operation, []);

    /// <summary>Sends bytes to all processes and returns those of all, by rank. Returns when all have called it.</summary>
    /// <remarks>It throws if a process has gone, instead of waiting for it.</remarks>
    /// <param name="own">The bytes of this process; the length may differ between processes.</param>
    protected abstract IReadOnlyList<byte[]> Exchange(byte[] own);

    private static string Describe(Tensor value) => $"a tensor of {value.dtype} [{string.Join(", ", value.shape)}]";

    private InvalidOperationException Lost(string what) =>
        new($"Rank {Rank} has lost the other processes and cannot exchange {what} with them.");

    private void CheckSource(int source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, WorldSize);
    }

    /// <summary>
    /// Exchanges bytes with the name of the operation before them, so that processes that left their common order are detected.
    /// </summary>
    private List<byte[]> ExchangeAll(string what, byte[] own, bool atEnd = false)
    {
        if (_lost && !(atEnd && _isTogether))
        {
            throw Lost(what);
        }

        var isTogether = false;
        try
        {
            var packets = Exchange(Packet.Seal(what, own)).Select(Packet.Open).ToList();
            if (packets.Count != WorldSize)
            {
                throw new InvalidOperationException(
                    $"{GetType().Name}.Exchange returned the bytes of {packets.Count} processes, and WorldSize is {WorldSize}.");
            }

            if (packets.FindIndex(packet => packet.What.StartsWith(FailureMark, StringComparison.Ordinal)) is >= 0 and var failed)
            {
                isTogether = true;
                throw new InvalidOperationException($"Rank {failed} failed: {packets[failed].What[FailureMark.Length..]}");
            }

            var other = packets.FindIndex(packet => !string.Equals(packet.What, what, StringComparison.Ordinal));
            if (other >= 0)
            {
                throw new InvalidOperationException(
                    $"Rank {Rank} exchanges {what} and rank {other} {packets[other].What}: the processes have left their common order. "
                    + "Give all the same options and the same number of batches.");
            }

            Exchanges++;
            return packets.ConvertAll(packet => packet.Bytes);
        }
        catch
        {
            (_lost, _isTogether) = (true, isTogether);
            throw;
        }
    }
}

/// <summary>Bytes with a description of their content, which detects processes that are out of step.</summary>
/// <param name="What">The description of the content.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct Packet(string What, byte[] Bytes)
{
    public static byte[] Seal(string what, byte[] bytes)
    {
        var name = Encoding.UTF8.GetBytes(what);
        var packet = new byte[sizeof(int) + name.Length + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(packet, name.Length);
        name.CopyTo(packet, sizeof(int));
        bytes.CopyTo(packet, sizeof(int) + name.Length);
        return packet;
    }

    public static Packet Open(byte[] packet)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(packet);
        return new Packet(Encoding.UTF8.GetString(packet, sizeof(int), length), packet[(sizeof(int) + length)..]);
    }
}

/// <summary>Serializes tensors in row-major order for the exchange between processes.</summary>
internal static class TensorBytes
{
    public static byte[] Of(Tensor tensor)
    {
        using var dense = tensor.is_sparse ? tensor.to_dense() : null;
        var data = TensorData.FromTensor(dense ?? tensor);
        var bytes = new byte[data.ByteLength];
        data.CopyTo(bytes);
        GC.KeepAlive(tensor);
        return bytes;
    }

    /// <summary>Returns a tensor with the type, shape and device of another one.</summary>
    public static Tensor ToTensor(byte[] bytes, Tensor like) => Data(bytes, like).ToTensor().to(like.device);

    private static TensorData Data(byte[] bytes, Tensor like) => TensorData.FromValues<byte>(bytes, like.dtype, like.shape);
}
