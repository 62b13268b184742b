using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Collectives over MPI.</summary>
/// <remarks>
/// Bytes go to rank 0 and from there to all, by messages that can be waited for with a limit; so a process that does not answer is known
/// by its rank. Tensors are reduced and sent by the collective operations of MPI, after such an exchange has shown that all processes are
/// at the same operation.
/// </remarks>
/// <param name="process">The membership in the group.</param>
/// <param name="options">The options.</param>
/// <param name="report">Receives the reason of a long wait.</param>
internal sealed unsafe partial class MpiCollectives(MpiProcess process, MpiStrategyOptions options, Action<string> report)
    : ProcessCollectives
{
    // Small content travels with its length in one message.
    private const int UpHead = 512;
    private const int DownHead = 4096;
    private const int UpHeadTag = 7001;
    private const int UpBodyTag = 7002;
    private const int DownHeadTag = 7003;

    // Reductions are several times faster in pieces of this size than as a whole: the pieces stay in the cache.
    private const long PieceBytes = 4 << 20;
    private const int SendBytes = 1 << 30;

    // A longer wait sleeps between its looks.
    private static readonly TimeSpan SpinLimit = TimeSpan.FromMilliseconds(200);

    // A failing process waits only this long for the others to take notice.
    private static readonly TimeSpan FailureLimit = TimeSpan.FromSeconds(15);

    private readonly MpiLibrary _mpi = process.Library;
    private readonly MpiWatch _watch = new(process.Rank, options, report, process.Abort, TimeProvider.System);
    private List<RankPlace>? _places;

    /// <inheritdoc/>
    public override int Rank => process.Rank;

    /// <inheritdoc/>
    public override int LocalRank => Places.Take(Rank).Count(place => place.Machine == Places[Rank].Machine);

    /// <summary>Gets a value indicating whether each process has a core besides those of its threads; the same in all.</summary>
    public bool HasFreeCores => RankPlace.HaveFreeCores(Places);

    /// <inheritdoc/>
    public override int WorldSize => process.Size;

    /// <inheritdoc/>
    public override Tensor AllReduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (operation is not (ReduceOperation.Mean or ReduceOperation.Sum) || !value.is_floating_point() || value.is_sparse
            || value.numel() < 1024)
        {
            return base.AllReduce(value, operation);
        }

        Announce(Describe(value));
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var own = value.detach().contiguous().clone();
        Reduce(own, operation);
        return own.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void ReduceInPlace(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        ArgumentNullException.ThrowIfNull(value);
        Reduce(value, operation);
        RowChanges.Of(value)?.MarkAll();
    }

    /// <inheritdoc/>
    protected override bool ReducesInBackground =>
        process.ThreadLevel >= _mpi.Abi.ThreadMultiple && (options.OverlapBackward ?? HasFreeCores);

    /// <inheritdoc/>
    public override Tensor Broadcast(Tensor value, int source = 0)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.is_sparse || value.numel() == 0)
        {
            return base.Broadcast(value, source);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, WorldSize);
        Announce($"{Describe(value)} of rank {source}");
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var own = Rank == source ? value.detach().contiguous() : empty_like(value.detach()).contiguous();
        var (address, length) = (AddressOf(own), own.numel() * own.ElementSize);
        for (long start = 0; start < length; start += SendBytes)
        {
            Broadcast((void*)(address + (nint)start), (int)Math.Min(SendBytes, length - start), source);
        }

        GC.KeepAlive(own);
        return own.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<byte[]> Exchange(byte[] own)
    {
        if (Failure is not null)
        {
            // As soon as the others know, one of them may end, and the launcher then ends this process too.
            process.Say($"failed: {Failure}");
        }

        return Rank == 0 ? GatherAndSend(own) : SendAndReceive(own);
    }

    private void Reduce(Tensor value, ReduceOperation operation)
    {
        if (value.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            // MPI has no 16-bit floats; the sum is more exact in 32 bits too.
            using var scope = NewDisposeScope();
            var wide = value.to(ScalarType.Float32);
            Reduce(wide, operation);
            value.copy_(wide);
            return;
        }

        var (address, size, count) = (AddressOf(value), value.ElementSize, value.numel());
        var piece = PieceBytes / size;
        using var numbers = value.view(-1);
        using TorchSharp.Scalar processes = operation == ReduceOperation.Mean ? (double)WorldSize : 1;
        for (long start = 0; start < count; start += piece)
        {
            var (from, length) = (address + (nint)(start * size), Math.Min(piece, count - start));
            _watch.Run("a sum", () => _mpi.Sum((void*)from, (int)length, value.dtype == ScalarType.Float64));
            if (operation == ReduceOperation.Mean)
            {
                // While the piece is in the cache.
                using var sums = numbers.narrow(0, start, length);
                sums.div_(processes);
            }
        }

        GC.KeepAlive(value);
    }

    private void Broadcast(void* bytes, int count, int source) =>
        _watch.Run("a broadcast", () => _mpi.Broadcast(bytes, count, source));

    private static string Describe(Tensor value) => $"a tensor of {value.dtype} [{string.Join(", ", value.shape)}]";

    /// <summary>Returns the address of a tensor, which may be that of its device, once the device has written it.</summary>
    private static nint AddressOf(Tensor tensor)
    {
        if (tensor.device_type == TorchSharp.DeviceType.CUDA)
        {
            // MPI does not know of the kernels that libtorch has queued.
            cuda.synchronize(tensor.device);
        }

        return DataOf(tensor.Handle);
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint DataOf(nint tensor);

    private List<byte[]> GatherAndSend(byte[] own)
    {
        var size = WorldSize;
        var heads = GC.AllocateArray<byte>(size * UpHead, pinned: true);
        fixed (byte* start = heads)
        {
            var requests = new nint[size - 1];
            for (var rank = 1; rank < size; rank++)
            {
                requests[rank - 1] = _mpi.Receive(start + (rank * UpHead), UpHead, rank, UpHeadTag);
            }

            Wait(requests, OtherRank);
        }

        var all = new List<byte[]>(size) { own };
        for (var rank = 1; rank < size; rank++)
        {
            var head = heads.AsSpan(rank * UpHead, UpHead);
            var bytes = GC.AllocateUninitializedArray<byte>(BinaryPrimitives.ReadInt32LittleEndian(head), pinned: true);
            var inHead = Math.Min(bytes.Length, UpHead - sizeof(int));
            head.Slice(sizeof(int), inHead).CopyTo(bytes);
            if (bytes.Length > inHead)
            {
                var sender = rank;
                fixed (byte* body = bytes)
                {
                    Wait([_mpi.Receive(body + inHead, bytes.Length - inHead, rank, UpBodyTag)], _ => $"rank {sender}");
                }
            }

            all.Add(bytes);
        }

        Send(all);
        return all;
    }

    private void Send(List<byte[]> all)
    {
        var length = all.Sum(bytes => sizeof(int) + bytes.Length);
        var packed = GC.AllocateArray<byte>(Math.Max(sizeof(int) + length, DownHead), pinned: true);
        BinaryPrimitives.WriteInt32LittleEndian(packed, length);
        var position = sizeof(int);
        foreach (var bytes in all)
        {
            BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(position), bytes.Length);
            bytes.CopyTo(packed, position + sizeof(int));
            position += sizeof(int) + bytes.Length;
        }

        fixed (byte* start = packed)
        {
            var requests = new nint[WorldSize - 1];
            for (var rank = 1; rank < WorldSize; rank++)
            {
                requests[rank - 1] = _mpi.Send(start, DownHead, rank, DownHeadTag);
            }

            Wait(requests, OtherRank);
            if (sizeof(int) + length > DownHead)
            {
                Broadcast(start + DownHead, sizeof(int) + length - DownHead, 0);
            }
        }
    }

    private List<byte[]> SendAndReceive(byte[] own)
    {
        var packed = GC.AllocateArray<byte>(Math.Max(sizeof(int) + own.Length, UpHead), pinned: true);
        var head = GC.AllocateArray<byte>(DownHead, pinned: true);
        BinaryPrimitives.WriteInt32LittleEndian(packed, own.Length);
        own.CopyTo(packed, sizeof(int));
        fixed (byte* up = packed, down = head)
        {
            var answer = _mpi.Receive(down, DownHead, 0, DownHeadTag);
            var requests = new List<nint> { answer, _mpi.Send(up, UpHead, 0, UpHeadTag) };
            if (sizeof(int) + own.Length > UpHead)
            {
                requests.Add(_mpi.Send(up + UpHead, sizeof(int) + own.Length - UpHead, 0, UpBodyTag));
            }

            Wait([.. requests], _ => "rank 0, which may itself wait for another rank");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (sizeof(int) + length > DownHead)
        {
            var whole = GC.AllocateUninitializedArray<byte>(sizeof(int) + length, pinned: true);
            head.CopyTo(whole, 0);
            fixed (byte* start = whole)
            {
                Broadcast(start + DownHead, whole.Length - DownHead, 0);
            }

            head = whole;
        }

        var all = new List<byte[]>(WorldSize);
        for (var position = sizeof(int); all.Count < WorldSize; position += sizeof(int) + all[^1].Length)
        {
            all.Add(head.AsSpan(position + sizeof(int), BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(position))).ToArray());
        }

        return all;
    }

    private static string OtherRank(int index) => $"rank {index + 1}";

    /// <summary>Waits for requests; reports those who keep this process waiting, and ends all processes after the limit.</summary>
    private void Wait(nint[] requests, Func<int, string> who)
    {
        var start = Stopwatch.GetTimestamp();
        var isReported = false;
        var spin = default(SpinWait);
        for (var index = 0; index < requests.Length; index++)
        {
            while (!_mpi.IsCompleted(ref requests[index]))
            {
                spin.SpinOnce(sleep1Threshold: -1);
                var waited = Stopwatch.GetElapsedTime(start);
                if (waited > SpinLimit)
                {
                    Thread.Sleep(1);
                }

                if (!isReported && waited > options.ReportAfter)
                {
                    isReported = true;
                    report($"Rank {Rank} has waited {waited.TotalSeconds:F0} s for {Missing(index)}");
                }

                if (waited > (Failure is null ? options.Timeout : FailureLimit))
                {
                    process.Abort(Failure is null
                        ? $"it waited {waited.TotalSeconds:F0} s for {Missing(index)}, and "
                        + $"{nameof(MpiStrategyOptions)}.{nameof(options.Timeout)} is {options.Timeout}."
                        : $"it failed ({Failure}), and {Missing(index)} did not take notice in {waited.TotalSeconds:F0} s.");
                }
            }
        }

        // The first is known to be incomplete; a completed request stays completed.
        string Missing(int first) =>
            string.Join(
                ", ",
                Enumerable.Range(first, requests.Length - first)
                    .Where(index => index == first || !_mpi.IsCompleted(ref requests[index]))
                    .Select(who)
                    .Distinct(StringComparer.Ordinal));
    }

    private List<RankPlace> Places => _places ??=
        [.. Exchange(JsonSerializer.SerializeToUtf8Bytes(RankPlace.Own())).Select(bytes => JsonSerializer.Deserialize<RankPlace>(bytes)!)];
}

/// <summary>Where a process runs.</summary>
/// <param name="Machine">The name of its machine.</param>
/// <param name="Processors">The processors that it may use, as Linux lists them; empty elsewhere.</param>
/// <param name="Cores">Their number.</param>
/// <param name="Threads">The number of threads with which it computes.</param>
internal sealed record RankPlace(string Machine, string Processors, int Cores, int Threads)
{
    private const string Allowed = "Cpus_allowed_list:";

    /// <summary>Returns the place of this process.</summary>
    public static RankPlace Own()
    {
        var processors = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Allowed, StringComparison.Ordinal))
            : null;
        return new RankPlace(
            Environment.MachineName, processors?[Allowed.Length..].Trim() ?? string.Empty, Environment.ProcessorCount, get_num_threads());
    }

    /// <summary>
    /// Returns whether each process has a core besides those of its threads. Processes with the same processors share them.
    /// </summary>
    public static bool HaveFreeCores(IEnumerable<RankPlace> places) => places
        .GroupBy(place => (place.Machine, place.Processors))
        .All(group => group.Min(place => place.Cores) >= group.Sum(place => place.Threads + 1));
}
