using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>A captured state, possibly still being copied, with its pending operations. Immutable once copied.</summary>
internal sealed class Snapshot
{
    private readonly Lock _gate = new();
    private readonly CapturePlan? _plan;
    private readonly ArenaLease? _lease;
    private readonly ArenaBlock? _reference;
    private readonly PieceSamples? _samples;
    private readonly List<(SaveOperationSource Source, Action Cancel)> _saves = [];
    private readonly FenceGeneration? _fence;
    private readonly long _passages;
    private readonly ArenaPool? _pool;
    private readonly Telemetry? _telemetry;
    private readonly RowCopy? _rows;
    private FrozenCopy? _frozen;
    private bool _isCaptured;
    private int _torn = -1;
    private int _isReported;

    /// <summary>Initializes a snapshot of a state that is already captured.</summary>
    public Snapshot(TrainingState captured)
    {
        State = captured.Share();
        var layout = StorageLayout.Of(captured);
        ByteLength = layout.ByteLength;
        Copying = new CopyJob(new CopyTarget(new CopyList([]), 0), _ => OnCaptured());
    }

    /// <summary>Initializes a snapshot of a live state; deferred copies are not made yet.</summary>
    /// <param name="root">The live tree.</param>
    /// <param name="tensors">Its tensors in order.</param>
    /// <param name="plan">The capture plan.</param>
    /// <param name="lease">The memory of the snapshot.</param>
    /// <param name="now">The copy made immediately; complete before the snapshot is visible to other threads.</param>
    /// <param name="seed">Selects the samples of tensors.</param>
    /// <param name="fence">Determines whether state that is stable until the fence may have changed.</param>
    /// <param name="pool">The pool for copies of frozen tensors.</param>
    /// <param name="telemetry">The counters.</param>
    /// <param name="rows">The copy of changed rows; null if the plan has no such pieces.</param>
    /// <param name="reference">A second copy of the deferred part for validation, or null. Owned by the snapshot, like the lease.</param>
    public Snapshot(
        StateValue root, IReadOnlyList<TensorData> tensors, CapturePlan plan, ArenaLease lease, CopyTarget now, ulong seed,
        FenceGeneration fence, ArenaPool pool, Telemetry telemetry, RowCopy? rows, ArenaBlock? reference)
    {
        // Allocations that may fail come first, so that nothing has to be released on failure.
        _frozen = plan.ShareFrozen();
        var compares = _frozen is not null;
        _frozen ??= plan.FrozenBytes > 0 ? new FrozenCopy(pool.RentStanding(plan.FrozenBytes), plan.Frozen) : null;
        _plan = plan.Share();
        _lease = lease;
        (_fence, _passages) = (fence, fence.Value);
        ByteLength = plan.TensorBytes;
        (_pool, _telemetry) = (pool, telemetry);
        var later = new CopyTarget(plan.Later, lease.Block.Address);
        var storages = Array.ConvertAll(plan.Pieces, piece => piece.IsFrozen
            ? (TensorStorage)new FrozenStorage(this, piece)
            : rows is not null && piece.Changes is not null ? new RowStorage(lease, piece, rows.EpochOf(piece), rows.Identity)
            : new ArenaStorage(lease, piece, piece.IsLater ? later : now));
        var captured = new TensorData[tensors.Count];
        for (var index = 0; index < captured.Length; index++)
        {
            var place = plan[index];
            captured[index] = tensors[index].In(storages[place.Piece], place.Offset);
        }

        State = TrainingState.Captured((StateMap)StateWalk.Replace(root, captured), GiveBack);
        _samples = new PieceSamples(plan.LaterPieces, seed);
        _rows = rows;
        Copying = new CopyJob(later, OnCopied, _frozen?.Copy, compares, rows, OnFenced);
        rows?.Register(Copying);
        _reference = reference;
    }

    /// <summary>Gets the captured state; this reference belongs to the creator of the snapshot.</summary>
    public TrainingState State { get; }

    /// <summary>Gets the size of its tensors in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets the job of the deferred copies.</summary>
    public CopyJob Copying { get; }

    /// <summary>Gets the shared copy of frozen tensors, available once copying has ended.</summary>
    public FrozenCopy Frozen => _frozen ?? throw new ObjectDisposedException(
        nameof(TrainingState), "This captured state was disposed. Call Share() to keep it for longer.");

    /// <summary>Gets the reason why copying failed; null if it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Returns true if this is the given captured state or another reference to it.</summary>
    public bool IsOf(TrainingState captured) => _plan is null && ReferenceEquals(State.Root, captured.Root);

    /// <summary>
    /// Leaves copies to the step of an optimizer that follows, if no thread has begun with them. Those that it does not make are made now.
    /// </summary>
    /// <returns>true if it copies.</returns>
    public unsafe bool TryLeaveTo(IStepCopies step)
    {
        if (_plan is null || !Copying.TryTakeDeferred())
        {
            return false;
        }

        var block = _lease!.Block.Address;
        foreach (var piece in _plan.InStepPieces)
        {
            if (!step.TryAdd(piece.Source, block + (nint)piece.Target, piece.ByteLength))
            {
                Buffer.MemoryCopy((void*)piece.Source, (byte*)block + piece.Target, piece.ByteLength, piece.ByteLength);
            }
        }

        step.Then(Copying.CompleteDeferred);
        return true;
    }

    /// <summary>Adds a save of this snapshot.</summary>
    /// <param name="source">The source of its operation, which is notified when the live tensors may change.</param>
    /// <param name="cancel">Cancels the save while it is being written, if the snapshot turns out to be torn.</param>
    public void Add(SaveOperationSource source, Action cancel)
    {
        lock (_gate)
        {
            _saves.Add((source, cancel));
            if (!_isCaptured)
            {
                return;
            }
        }

        source.SetCaptured(ByteLength);
    }

    /// <summary>Adds a stall to the first save of this snapshot, so that the sum over all operations is correct.</summary>
    public void AddStall(TimeSpan time)
    {
        lock (_gate)
        {
            if (_saves.Count > 0)
            {
                _saves[0].Source.AddStall(time);
            }
        }
    }

    /// <summary>
    /// Returns true if a live state is unchanged: state that is stable until the fence is sampled, everything else compared.
    /// </summary>
    public bool IsStill(StateValue root, CapturePlan plan)
    {
        if (plan != _plan || _torn >= 0 || !StateTree.AreSame(State.Root, root) || _samples!.FindChanged(piece => piece.Source) >= 0)
        {
            return false;
        }

        var block = _lease!.Block.Address;
        return plan.Pieces.All(
            piece => piece.IsLater || MemoryComparison.AreSame(piece.Source, block + (nint)piece.Target, piece.ByteLength));
    }

    /// <summary>
    /// Returns the path of a tensor that changed outside of the fence, so that the copy may be torn; otherwise, null. Valid only after
    /// copying has ended.
    /// </summary>
    public string? FindTornTensor()
    {
        if (_plan is null)
        {
            return null;
        }

        if (Volatile.Read(ref _torn) < 0)
        {
            var block = _lease!.Block.Address;
            var torn = _samples!.FindChanged(piece => (piece.IsFrozen ? Frozen.Address : block) + (nint)piece.Target);
            torn = torn >= 0 ? torn : FindChangedSource();
            torn = torn >= 0 || _rows?.Differing is not { } differing
                ? torn
                : Array.FindIndex(_plan.LaterPieces, piece => ReferenceEquals(piece.Changes, differing));
            torn = torn >= 0 ? torn : FindOtherThanReference(block);

            // The training thread may find something at the same time; what either has found stays.
            Interlocked.CompareExchange(ref _torn, torn, -1);
        }

        var found = Volatile.Read(ref _torn);
        return found < 0 ? null : State.Tensors().ElementAt(_plan.LaterPieces[found].FirstTensor).Key;
    }

    /// <summary>Returns true on the first call, so that a torn state saved under two names is reported once.</summary>
    public bool TryReportTorn() => Interlocked.Exchange(ref _isReported, 1) == 0;

    /// <summary>
    /// Checks for changes before the fence is passed. If there are any, writes in progress are cancelled.
    /// </summary>
    /// <param name="plan">The plan whose live memory is known to be held.</param>
    /// <returns>true if something has changed; otherwise, false.</returns>
    public bool TearIfChanged(CapturePlan? plan)
    {
        if (plan is null || plan != _plan || _torn >= 0 || HasEnded())
        {
            return false;
        }

        var torn = FindChangedSource();
        if (torn < 0)
        {
            return false;
        }

        (SaveOperationSource Source, Action Cancel)[] saves;
        lock (_gate)
        {
            Interlocked.CompareExchange(ref _torn, torn, -1);
            saves = [.. _saves];
        }

        Array.ForEach(saves, save => save.Cancel());
        return true;
    }

    private bool HasEnded()
    {
        lock (_gate)
        {
            // Saves that were verified and written before the change are intact. A snapshot without a save is verified when it is used:
            // most were copied completely before a change, and rolling back to them is their purpose.
            return _saves.TrueForAll(save => save.Source.Operation.Outcome != CheckpointOutcome.Pending);
        }
    }

    private int FindChangedSource()
    {
        if (_fence!.Value != _passages)
        {
            return -1;
        }

        // If the fence was passed while looking, what differs may have changed since, and rightly.
        var changed = _samples!.FindChanged(piece => piece.Source);
        return _fence.Value == _passages ? changed : -1;
    }

    private int FindOtherThanReference(nint block) => _reference is null
        ? -1
        : Array.FindIndex(
            _plan!.LaterPieces,
            piece => !piece.IsFrozen && !MemoryComparison.AreSame(
                block + (nint)piece.Target, _reference.Address + (nint)piece.Target, piece.ByteLength));

    private void OnCopied(CopyJob copying)
    {
        if (_rows is not null && !copying.WasAborted)
        {
            _telemetry!.Add(Telemetry.Count.CapturedBytes, _rows.CopiedBytes);
        }

        OnCaptured();
    }

    private void OnFenced(CopyJob copying)
    {
        try
        {
            if (_frozen is not null)
            {
                KeepFrozen(copying);
            }
        }
        catch (Exception exception)
        {
            // On a separate thread a failure is reported by the operations only, and threads that wait for the copy must be released.
            Failure = exception;
        }
    }

    private void KeepFrozen(CopyJob copying)
    {
        if (copying.Compares && !copying.Differs)
        {
            return;
        }

        if (copying.Differs)
        {
            // The memory has changed, for example because weights were loaded. Other snapshots keep the copy of the old content.
            var before = _frozen!;
            _frozen = new FrozenCopy(_pool!.RentStanding(_plan!.FrozenBytes), _plan.Frozen);
            before.Release();
            new CopyJob(_frozen.Copy).Work();
        }

        _plan!.KeepFrozen(_frozen!);
        _telemetry!.Add(Telemetry.Count.FrozenCopies);
    }

    private void OnCaptured()
    {
        (SaveOperationSource Source, Action Cancel)[] saves;
        lock (_gate)
        {
            _isCaptured = true;
            saves = [.. _saves];
        }

        Array.ForEach(saves, save => save.Source.SetCaptured(ByteLength));
    }

    private void GiveBack() => Copying.AbortThen(() =>
    {
        _lease!.Dispose();
        Interlocked.Exchange(ref _frozen, null)?.Release();
        _reference?.Dispose();
        _plan!.Release();
    });
}

/// <summary>The number of fence passages; while it is unchanged, no state that is stable until the fence may have changed.</summary>
internal sealed class FenceGeneration
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    /// <summary>Counts a passage. Called by the training thread after the last capture has ended and before anything changes.</summary>
    public void Pass() => Interlocked.Increment(ref _value);
}
