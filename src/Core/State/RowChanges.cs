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
    private readonly List<IRowReader> _readers = [];

    /// <summary>The epoch of the last change of each row alone. Written by the thread of the run, read by others.</summary>
    private readonly int[] _changed;

    /// <summary>The epoch of the last change of all rows. Raised and read by any thread.</summary>
    private volatile int _allChanged = 1;

    /// <summary>Written by the thread of the run, read by others.</summary>
    private volatile int _epoch = 1;
    private nint _handle;
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

    /// <summary>Registers a reader of the rows as they are now, which is called before a step of the optimizer changes them.</summary>
    /// <param name="reader">The reader. It is forgotten after it is done.</param>
    public void AddReader(IRowReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        FindOtherChanges();
        _haveReaders = true;
        _readers.RemoveAll(static reader => reader.IsDone);
        _readers.Add(reader);
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
        _readers.RemoveAll(static reader => reader.IsDone);
        var epoch = _epoch;
        foreach (var row in rows)
        {
            Volatile.Write(ref _changed[row], epoch);
        }

        foreach (var reader in _readers)
        {
            reader.BeforeChange(rows);
        }
    }

    /// <summary>Lets readers read all rows, which the caller changes next.</summary>
    internal void BeforeChangeOfAll()
    {
        FindOtherChanges();
        _readers.ForEach(static reader => reader.BeforeChangeOfAll());
        _readers.Clear();
    }

    /// <summary>Takes the changes of the version counter since <see cref="Mark"/> as those of the marked rows.</summary>
    internal void Accept()
    {
        if (_tensor.TryGetTarget(out var tensor))
        {
            (_handle, _version) = (tensor.Handle, VersionCounter.Of(tensor));
        }
    }

    private void FindOtherChanges()
    {
        if (!_tensor.TryGetTarget(out var tensor) || tensor.IsInvalid || tensor.Handle != _handle
            || VersionCounter.Of(tensor) != _version)
        {
            // What is still being read has changed as well.
            _readers.ForEach(static reader => reader.OnOtherChange());
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
}
