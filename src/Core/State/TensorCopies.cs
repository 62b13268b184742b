using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// Copies tensors of a state into live tensors in a batch, on several threads. Elements that are not loaded yet are read in place.
/// </summary>
/// <param name="capacity">The expected number of copies.</param>
internal sealed unsafe class TensorCopies(int capacity = 0)
{
    private const int PieceSize = 4 << 20;
    private const int SmallSize = 256 << 10;

    /// <summary>The number of small tensors per work item.</summary>
    private const int Batch = 64;
    private const int MaxThreads = 4;

    private readonly List<Plain> _plain = new(capacity);
    private readonly List<(TensorData Source, Tensor Target)> _others = [];
    private readonly List<Action> _after = [];

    /// <summary>Adds a copy to a tensor of the same shape.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="target">The tensor to overwrite, without autograd. It is unchanged until <see cref="Run"/>.</param>
    public void Add(TensorData source, Tensor target)
    {
        var isPlain = source.ElementCount > 0 && source.IsContiguous && IsPlain(target, source.Type);
        Add(source, target, isPlain ? NativeTensor.AddressOf(target) : 0, source.ByteLength);
    }

    /// <summary>Adds a copy to a tensor of the same shape that was described before.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="target">The tensor to overwrite.</param>
    /// <param name="address">
    /// The address of its first element if both are contiguous, of the same type and not empty, and it is on the CPU; otherwise, zero.
    /// </param>
    /// <param name="byteLength">The size of the elements, in bytes.</param>
    public void Add(TensorData source, Tensor target, nint address, long byteLength)
    {
        if (address != 0)
        {
            _plain.Add(new Plain(source, target, address, byteLength));
        }
        else
        {
            _others.Add((source, target));
        }
    }

    /// <summary>Gets the tensors to overwrite, which are the same objects as those that were added.</summary>
    public IEnumerable<Tensor> Targets => _plain.Select(copy => copy.Target).Concat(_others.Select(copy => copy.Target));

    /// <summary>Adds an action that requires the copies.</summary>
    public void Then(Action action) => _after.Add(action);

    /// <summary>Runs all copies.</summary>
    /// <exception cref="CheckpointException">A read failed; some tensors may already be overwritten.</exception>
    public void Run()
    {
        // Tensors that share memory are copied in order, so that the last one wins as in sequential copies.
        var work = Divide(CollectionsMarshal.AsSpan(_plain));
        var options = new ParallelOptions { MaxDegreeOfParallelism = IsDisjoint() ? Math.Min(Environment.ProcessorCount, MaxThreads) : 1 };
        try
        {
            Parallel.For(
                0, work.Count, options, static () => new StorageRead[Batch],
                (index, _, reads) =>
                {
                    Copy(work[index], reads);
                    return reads;
                },
                static _ => { });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        _others.ForEach(copy => copy.Source.CopyTo(copy.Target));
        _after.ForEach(action => action());
        _plain.Clear();
        _others.Clear();
        _after.Clear();
    }

    /// <summary>Returns whether a tensor is a block of host memory with elements of a type.</summary>
    private static bool IsPlain(Tensor target, ScalarType type)
    {
        if (NativeLayout.TryRead(target, out var layout))
        {
            var isPlain = layout.Type == type && layout.Device == DeviceType.CPU && layout.IsContiguous;
            GC.KeepAlive(target);
            return isPlain;
        }

        return target.dtype == type && target.device_type == DeviceType.CPU && target.is_contiguous();
    }

    private void Copy((int First, int Count, long Start, long Length) work, StorageRead[] reads)
    {
        for (var index = 0; index < work.Count; index++)
        {
            var (source, target, address, byteLength) = _plain[work.First + index];
            reads[index] = new StorageRead(source.Storage, source.StorageOffset * source.Type.ElementByteSize(), address, byteLength);

            // Code of others may have run since the address was read, and the memory there may be freed.
            if (NativeTensor.AddressOf(target) != address)
            {
                throw new InvalidOperationException(
                    "A tensor of the module or of an optimizer got other memory while a checkpoint was restored, e.g. in LoadStateDict of "
                        + "a callback. Do it in OnLoadCheckpoint of the module, or in OnFitStart.");
            }

            // Before any of them is overwritten: a read may fail in the middle.
            VersionCounter.Count(target);
        }

        if (work.Count > 1 && reads[0].Storage.TryRead(reads.AsSpan(0, work.Count)))
        {
            return;
        }

        for (var index = work.First; index < work.First + work.Count; index++)
        {
            var (source, target, address, byteLength) = _plain[index];
            StridedCopy.CopyBytes(source, work.Start, (byte*)address + work.Start, Math.Min(work.Length, byteLength - work.Start));
            GC.KeepAlive(source.Storage);
            GC.KeepAlive(target);
        }
    }

    private static List<(int First, int Count, long Start, long Length)> Divide(ReadOnlySpan<Plain> copies)
    {
        var work = new List<(int First, int Count, long Start, long Length)>();
        for (var index = 0; index < copies.Length;)
        {
            var first = index;
            while (index < copies.Length && index - first < Batch && copies[index].ByteLength <= SmallSize)
            {
                index++;
            }

            if (index > first)
            {
                work.Add((first, index - first, 0, SmallSize));
                continue;
            }

            for (var start = 0L; start < copies[index].ByteLength; start += PieceSize)
            {
                work.Add((index, 1, start, PieceSize));
            }

            index++;
        }

        return work;
    }

    private bool IsDisjoint()
    {
        var (starts, ends) = (new long[_plain.Count], new long[_plain.Count]);
        var isSorted = true;
        for (var index = 0; index < starts.Length; index++)
        {
            (starts[index], ends[index]) = (_plain[index].Address, _plain[index].Address + _plain[index].ByteLength);
            isSorted &= index == 0 || starts[index - 1] <= starts[index];
        }

        if (!isSorted)
        {
            Array.Sort(starts, ends);
        }

        for (var index = 1; index < starts.Length; index++)
        {
            if (starts[index] < ends[index - 1])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// A copy of one block of memory. The length is here because asking thousands of descriptions again takes longer than their turn.
    /// </summary>
    private readonly record struct Plain(TensorData Source, Tensor Target, nint Address, long ByteLength);
}
