using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// Which rows of a live tensor have changed, and when: the epoch of the last change of each row. An optimizer that steps only the rows of
/// sparse gradients keeps one for each tensor that it changes, so that a capture copies only rows that changed since its last one.
/// </summary>
/// <remarks>
/// <para>All rows count as changed after any other operation of libtorch that writes to the tensor or to a view of it, which its version
/// counter shows, and after the tensor got other memory. Memory that is written directly (<c>bytes</c>, <c>data&lt;T&gt;()</c>) changes no
/// counter: call <see cref="MarkAll"/> afterwards.</para>
/// <para>Used on the thread of the run; <see cref="HasChanged"/>, <see cref="Collect"/> and <see cref="Invalidate"/> on any thread, for
/// epochs that have ended.</para>
/// </remarks>
public sealed class RowChanges
{
    private static readonly ConditionalWeakTable<Tensor, RowChanges> Known = [];

    private static volatile bool _haveReaders;

    private readonly WeakReference<Tensor> _tensor;
    private readonly List<Reading> _readings = [];

    /// <summary>The epoch of the last change of each row alone. Written by the thread of the run, read by others.</summary>
    private readonly int[] _changed;

    /// <summary>The epoch of the last change of all rows. Raised and read by any thread.</summary>
    private volatile int _allChanged = 1;

    /// <summary>Written by the thread of the run, read by others.</summary>
    private volatile int _epoch = 1;

    /// <summary>Odd while a step changes rows that it has marked. Written by the thread of the run, read by others.</summary>
    private volatile int _steps;
    private nint _handle;

    /// <summary>Written by the thread of the run, read by others.</summary>
    private long _version;

    private RowChanges(Tensor tensor, int rowCount, long rowByteLength)
    {
        (_tensor, _changed, RowByteLength) = (new WeakReference<Tensor>(tensor), new int[rowCount], rowByteLength);
        (_handle, _version) = (tensor.Handle, VersionCounter.Of(tensor));
    }

    /// <summary>Gets the number of rows.</summary>
    public int RowCount => _changed.Length;

    /// <summary>Gets the length of a row in bytes.</summary>
    public long RowByteLength { get; }

    /// <summary>Returns the changes of a tensor; null if nothing records them.</summary>
    /// <param name="tensor">The tensor; the same object that the optimizer has.</param>
    public static RowChanges? Of(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Known.TryGetValue(tensor, out var changes) ? changes : null;
    }

    /// <summary>Ends the epoch. Changes from now on belong to the next one.</summary>
    /// <returns>The number of the epoch that has ended, from 1.</returns>
    public int EndEpoch()
    {
        FindOtherChanges();
        return _epoch++;
    }

    /// <summary>Marks all rows as changed in this epoch.</summary>
    public void MarkAll() => RaiseAllChanged(_epoch);

    /// <summary>
    /// Marks all rows as changed after every epoch so far, for a reader that has found a change without a record. On any thread.
    /// </summary>
    public void Invalidate()
    {
        int epoch;
        do
        {
            epoch = _epoch;
            RaiseAllChanged(epoch + 1);
        }
        while (_epoch != epoch);
    }

    /// <summary>Marks rows as changed in this epoch.</summary>
    /// <param name="first">The index of the first row.</param>
    /// <param name="count">The number of rows.</param>
    public void MarkRows(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, RowCount - first);
        var epoch = _epoch;
        for (var row = first; row < first + count; row++)
        {
            Volatile.Write(ref _changed[row], epoch);
        }
    }

    /// <summary>Registers a reader of the rows as they are now, which is called before a step of the optimizer changes them.</summary>
    /// <param name="reader">The reader.</param>
    /// <returns>
    /// The registration. The reader disposes it on any thread once it has read all rows, and only then reports
    /// <see cref="IRowReader.IsDone"/>. Disposal calls <see cref="IRowReader.OnOtherChange"/> if rows changed without a call meanwhile.
    /// Further calls have no effect.
    /// </returns>
    public IDisposable AddReader(IRowReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        FindOtherChanges();
        _haveReaders = true;
        _readings.RemoveAll(static reading => reading.Reader.IsDone);
        var reading = new Reading(this, reader);
        _readings.Add(reading);
        return reading;
    }

    /// <summary>Returns whether a row may have changed after an epoch.</summary>
    /// <param name="row">The index of the row.</param>
    /// <param name="epoch">An epoch that has ended, or 0.</param>
    public bool HasChanged(int row, int epoch) => _allChanged > epoch || Volatile.Read(ref _changed[row]) > epoch;

    /// <summary>Collects the rows that may have changed after an epoch.</summary>
    /// <param name="epoch">An epoch that has ended, or 0.</param>
    /// <param name="found">Called for each range with its first row and the number of rows, in ascending order.</param>
    public void Collect(int epoch, Action<int, int> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        if (_allChanged > epoch)
        {
            found(0, RowCount);
            return;
        }

        for (var row = 0; row < _changed.Length; row++)
        {
            // Most rows have not changed: skips them with a vectorized search.
            var skipped = _changed.AsSpan(row).IndexOfAnyExceptInRange(0, epoch);
            if (skipped < 0)
            {
                return;
            }

            var first = row += skipped;
            while (row < _changed.Length && _changed[row] > epoch)
            {
                row++;
            }

            found(first, row - first);
        }
    }

    /// <summary>Returns the first row of a range that may have changed after an epoch of its own.</summary>
    /// <param name="first">The first row of the range.</param>
    /// <param name="end">The row after the range.</param>
    /// <param name="epochs">The epoch of each row of the tensor; other threads may change it meanwhile.</param>
    /// <returns><paramref name="end"/> if there is none.</returns>
    internal int FindChanged(int first, int end, ReadOnlySpan<int> epochs)
    {
        var all = _allChanged;
        var row = first;
        for (; row + Vector<int>.Count <= end; row += Vector<int>.Count)
        {
            var changed = Vector.Max(new Vector<int>(_changed, row), new Vector<int>(all));
            if (Vector.GreaterThanAny(changed, new Vector<int>(epochs[row..])))
            {
                break;
            }
        }

        while (row < end && Math.Max(Volatile.Read(ref _changed[row]), all) <= epochs[row])
        {
            row++;
        }

        return row;
    }

    /// <summary>Returns the changes of a tensor, recorded from now on if they were not before.</summary>
    /// <param name="tensor">A contiguous tensor on the CPU.</param>
    /// <param name="rowLength">The elements of a row.</param>
    /// <returns>null if this libtorch has no version counters, or rows of another length are recorded.</returns>
    internal static RowChanges? Start(Tensor tensor, long rowLength)
    {
        if (!VersionCounter.IsReadable(tensor) || tensor.numel() == 0)
        {
            return null;
        }

        var rowByteLength = rowLength * tensor.element_size();
        var changes = Known.GetValue(
            tensor, tensor => new RowChanges(tensor, checked((int)(tensor.numel() / rowLength)), rowByteLength));
        return changes.RowByteLength == rowByteLength && changes.RowCount == tensor.numel() / rowLength ? changes : null;
    }

    /// <summary>Gets whether any rows of any tensor were ever read while steps may change them.</summary>
    internal static bool HaveReaders => _haveReaders;

    /// <summary>Gets whether these are the changes of a tensor.</summary>
    internal bool IsOf(Tensor tensor) => _tensor.TryGetTarget(out var own) && ReferenceEquals(own, tensor);

    /// <summary>Marks rows, which the caller changes next.</summary>
    internal void Mark(ReadOnlySpan<long> rows)
    {
        FindOtherChanges();
        _readings.RemoveAll(static reading => reading.Reader.IsDone);
        if (!IsStepping)
        {
            _steps++;
        }

        var epoch = _epoch;
        foreach (var row in rows)
        {
            Volatile.Write(ref _changed[row], epoch);
        }

        foreach (var reading in _readings)
        {
            reading.Reader.BeforeChange(rows);
        }
    }

    /// <summary>Lets readers read all rows, which the caller changes next.</summary>
    internal void BeforeChangeOfAll()
    {
        FindOtherChanges();
        foreach (var reading in _readings)
        {
            reading.Reader.BeforeChangeOfAll();
            reading.HasReadAll = true;
        }

        _readings.Clear();
    }

    /// <summary>Takes the changes of the version counter since <see cref="Mark"/> as those of the marked rows.</summary>
    internal void Accept()
    {
        if (_tensor.TryGetTarget(out var tensor))
        {
            _handle = tensor.Handle;
            Volatile.Write(ref _version, VersionCounter.Of(tensor));
        }
    }

    /// <summary>Called after a step that called <see cref="Mark"/>, even if it has failed.</summary>
    internal void EndStep()
    {
        if (IsStepping)
        {
            _steps++;
        }
    }

    private bool IsStepping => _steps % 2 != 0;

    private void FindOtherChanges()
    {
        if (!_tensor.TryGetTarget(out var tensor) || tensor.IsInvalid || tensor.Handle != _handle
            || VersionCounter.Of(tensor) != _version)
        {
            // What is still being read has changed as well.
            _readings.ForEach(static reading => reading.Reader.OnOtherChange());
            MarkAll();
            if (tensor is { IsInvalid: false })
            {
                Accept();
            }
        }
    }

    private void RaiseAllChanged(int epoch)
    {
        int before;
        do
        {
            before = _allChanged;
        }
#pragma warning disable CS0420 // Interlocked operations are volatile.
        while (before < epoch && Interlocked.CompareExchange(ref _allChanged, epoch, before) != before);
#pragma warning restore CS0420
    }

    /// <summary>Returns whether an operation of libtorch has written to the tensor without a record. On any thread.</summary>
    /// <param name="alias">A view of the tensor, which shares its version counter.</param>
    private bool HasOtherChange(Tensor alias)
    {
        var steps = _steps;
        if (steps % 2 != 0)
        {
            // The step has looked before its changes, and informed the readers.
            return false;
        }

        var isOther = VersionCounter.Of(alias) != Volatile.Read(ref _version);
        Interlocked.MemoryBarrier();
        return isOther && _steps == steps;
    }

    /// <summary>
    /// The registration of a reader. It has a view, because the tensor may be disposed while another thread ends the reading.
    /// </summary>
    private sealed class Reading : IDisposable
    {
        private readonly RowChanges _changes;
        private Tensor? _alias;
        private volatile bool _hasReadAll;

        public Reading(RowChanges changes, IRowReader reader)
        {
            (_changes, Reader) = (changes, reader);
            using var _ = no_grad();
            _alias = changes._tensor.TryGetTarget(out var tensor) && !tensor.IsInvalid ? tensor.detach().DetachFromDisposeScope() : null;
        }

        public IRowReader Reader { get; }

        /// <summary>Gets or sets a value indicating whether all rows were read, so that later changes do not matter.</summary>
        public bool HasReadAll
        {
            get => _hasReadAll;
            set => _hasReadAll = value;
        }

        public void Dispose()
        {
            using var alias = Interlocked.Exchange(ref _alias, null);

            // In this order: a step that changes all rows sets the flag before.
            if (alias is not null && _changes.HasOtherChange(alias) && !HasReadAll)
            {
                Reader.OnOtherChange();
            }
        }
    }
}
