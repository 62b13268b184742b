using System.Collections;
using System.Runtime.ExceptionServices;

namespace Fulgurite;

/// <summary>
/// Batches that dedicated threads create in advance and the enumerating thread returns in order. At the end of the enumeration, for
/// whatever reason, the threads have ended and unconsumed batches are disposed.
/// </summary>
/// <param name="first">The index of the first batch.</param>
/// <param name="end">The index after the last batch; <see cref="int.MaxValue"/> if it is unknown in advance.</param>
/// <param name="workers">The number of threads.</param>
/// <param name="capacity">The maximum number of unconsumed batches.</param>
/// <param name="make">
/// Creates a batch on a worker, or returns null at the end of the data. The token is cancelled when the batch is no longer needed.
/// </param>
/// <param name="onTaken">Called on the enumerating thread when a batch is returned, and with null at the end of the data.</param>
/// <param name="onWorkerEnd">Called by every worker when it ends. <see cref="Dispose"/> rethrows its exceptions.</param>
internal sealed class BatchWorkers<TBatch>(
    int first,
    int end,
    int workers,
    int capacity,
    Func<int, CancellationToken, MadeBatch<TBatch>?> make,
    Action<MadeBatch<TBatch>?>? onTaken = null,
    Action? onWorkerEnd = null) : IEnumerator<TBatch>
{
    private readonly object _gate = new();
    private readonly Slot?[] _slots = new Slot?[capacity];
    private readonly Thread[] _threads = new Thread[workers];
    private readonly CancellationTokenSource _stopping = new();
    private int _claimed = first;
    private int _taken = first;
    private int _end = end;
    private ExceptionDispatchInfo? _endFailure;
    private bool _started;
    private bool _stopped;

    public TBatch Current { get; private set; } = default!;

    /// <summary>Cancels the wait for a batch that is not ready. Set on the enumerating thread before it requests a batch.</summary>
    public CancellationToken Cancellation { get; set; }

    object? IEnumerator.Current => Current;

    public bool MoveNext()
    {
        Current = default!;
        Start();
        Slot slot;
        using var cancelled = Cancellation.UnsafeRegister(static workers => ((BatchWorkers<TBatch>)workers!).Wake(), this);
        lock (_gate)
        {
            while (!_stopped && _taken < _end && _slots[_taken % capacity] is null)
            {
                Cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            if (_stopped || _taken >= _end)
            {
                return false;
            }

            slot = _slots[_taken % capacity]!;
            _slots[_taken % capacity] = null;
            _taken++;
            Monitor.PulseAll(_gate);
        }

        if (slot.Batch is not { } made)
        {
            try
            {
                Dispose();
            }
            finally
            {
                slot.Failure?.Throw();
            }

            onTaken?.Invoke(null);
            return false;
        }

        onTaken?.Invoke(made);
        Current = made.Take();
        return true;
    }

    public void Reset() => throw new NotSupportedException("Enumerate the source again.");

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        _stopping.Cancel();
        if (_started)
        {
            Array.ForEach(_threads, thread => thread.Join());
        }

        Array.ForEach(_slots, slot => slot?.Batch?.Dispose());
        Array.Clear(_slots);
        _stopping.Dispose();
        _endFailure?.Throw();
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void Start()
    {
        if (_started || _stopped)
        {
            return;
        }

        _started = true;
        for (var index = 0; index < workers; index++)
        {
            _threads[index] = new Thread(Work) { IsBackground = true, Name = $"Fulgurite data {index + 1}" };
            _threads[index].UnsafeStart();
        }
    }

    private void Work()
    {
        while (Claim() is { } batch)
        {
            Put(batch, Make(batch));
        }

        try
        {
            onWorkerEnd?.Invoke();
        }
        catch (Exception exception)
        {
            _endFailure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private int? Claim()
    {
        lock (_gate)
        {
            while (!_stopped && _claimed < _end && _claimed >= _taken + capacity)
            {
                Monitor.Wait(_gate);
            }

            return _stopped || _claimed >= _end ? null : _claimed++;
        }
    }

    private Slot Make(int batch)
    {
        try
        {
            return new Slot(make(batch, _stopping.Token), null);
        }
        catch (Exception exception)
        {
            // Passed to the consumer of the batch, in order: an unhandled exception on this thread would end the process.
            return new Slot(null, ExceptionDispatchInfo.Capture(exception));
        }
    }

    private void Put(int batch, Slot slot)
    {
        lock (_gate)
        {
            // After a failure or the end of the data, later batches are not needed.
            _end = slot.Batch is null ? Math.Min(_end, batch + 1) : _end;
            _slots[batch % capacity] = slot;
            Monitor.PulseAll(_gate);
        }
    }

    private sealed record Slot(MadeBatch<TBatch>? Batch, ExceptionDispatchInfo? Failure);
}
