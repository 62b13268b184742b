using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>One captured state, perhaps still being copied, and the operations that wait for that. Immutable once copied.</summary>
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
    private FrozenCopy? _frozen;
    private bool _isCaptured;
    private int _torn = -1;
    private int _isReported;

    /// <summary>Takes on a state that is captured already.</summary>
    public Snapshot(TrainingState captured)
    {
        State = captured.Share();
        var layout = StorageLayout.Of(captured);
        ByteLength = layout.ByteLength;
        Copying = new CopyJob(new CopyTarget(new CopyList([]), 0), _ => OnCaptured());
    }

    /// <summary>Makes a snapshot of a live state; what may be copied later is not copied yet.</summary>
    /// <param name="root">The live tree.</param>
    /// <param name="tensors">Its tensors, in order.</param>
    /// <param name="plan">Where they lie.</param>
    /// <param name="lease">The memory of the snapshot.</param>
    /// <param name="now">What is not for later; it is in that memory before anybody gets to see the snapshot.</param>
    /// <param name="seed">Which places of a tensor are looked at.</param>
    /// <param name="fence">Says whether what is stable until the fence may have changed.</param>
    /// <param name="pool">Where memory for what is frozen comes from.</param>
    /// <param name="telemetry">Counts.</param>
    /// <param name="reference">Another copy of what is for later, to compare with; null for none. Both belong to the snapshot from now on.</param>
    public Snapshot(StateValue root, IReadOnlyList<TensorData> tensors, CapturePlan plan, ArenaLease lease, CopyTarget now, ulong seed, FenceGeneration fence, ArenaPool pool, Telemetry telemetry, ArenaBlock? reference)
    {
        // What may fail for want of memory comes first: nothing has to be given back then.
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
            : new ArenaStorage(lease, piece, piece.IsLater ? later : now));
        var captured = new TensorData[tensors.Count];
        for (var index = 0; index < captured.Length; index++)
        {
            var place = plan[index];
            captured[index] = tensors[index].In(storages[place.Piece], place.Offset);
        }

        State = TrainingState.Captured((StateMap)StateWalk.Replace(root, captured), GiveBack);
        _samples = new PieceSamples(plan.LaterPieces, seed);
        Copying = new CopyJob(later, OnCopied, _frozen?.Copy, compares);
        _reference = reference;
    }

    /// <summary>The captured state; this use of it belongs to whoever made the snapshot.</summary>
    public TrainingState State { get; }

    /// <summary>The bytes of its tensors.</summary>
    public long ByteLength { get; }

    /// <summary>The copying of what may be copied until the fence.</summary>
    public CopyJob Copying { get; }

    /// <summary>The shared copy of what is frozen, once the copying has ended.</summary>
    public FrozenCopy Frozen => _frozen ?? throw new ObjectDisposedException(nameof(TrainingState), "This captured state was disposed. Share() it for as long as you use it.");

    /// <summary>Why the copying failed; null if it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether this is the very state that was captured elsewhere, or another use of it.</summary>
    public bool IsOf(TrainingState captured) => _plan is null && ReferenceEquals(State.Root, captured.Root);

    /// <summary>Adds a save of this snapshot.</summary>
    /// <param name="source">The source of its operation, which is told when the live tensors may change.</param>
    /// <param name="cancel">Gives the save up while it is being written, because the snapshot turned out to be torn.</param>
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

    /// <summary>Adds to what the saves of this snapshot waited: to the first, so that the sum over all operations is right.</summary>
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

    /// <summary>Whether a live state is still what was captured: everything else compared, what is stable until the fence sampled.</summary>
    public bool IsStill(StateValue root, CapturePlan plan)
    {
        if (plan != _plan || _torn >= 0 || !StateTree.AreSame(State.Root, root) || _samples!.FindChanged(piece => piece.Source) >= 0)
        {
            return false;
        }

        var block = _lease!.Block.Address;
        return plan.Pieces.All(piece => piece.IsLater || MemoryComparison.AreSame(piece.Source, block + (nint)piece.Target, piece.ByteLength));
    }

    /// <summary>
    /// The path of a tensor that was changed outside of the fence, so that the copy may be torn; or null. Only after the copying has ended.
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
            torn = torn >= 0 ? torn : FindOtherThanReference(block);

            // The training thread may find something at the same time; what either has found stays.
            Interlocked.CompareExchange(ref _torn, torn, -1);
        }

        var found = Volatile.Read(ref _torn);
        return found < 0 ? null : State.Tensors().ElementAt(_plan.LaterPieces[found].FirstTensor).Key;
    }

    /// <summary>Whether nobody has told yet that it is torn: one state saved under two names counts once.</summary>
    public bool TryReportTorn() => Interlocked.Exchange(ref _isReported, 1) == 0;

    /// <summary>
    /// Looks, before the fence lets changes through, whether something has changed already. The saves that are being written are then
    /// given up.
    /// </summary>
    /// <param name="plan">The plan whose live memory is surely still held.</param>
    /// <returns>Whether something has.</returns>
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
            // What was looked at and written before the change is whole. A snapshot that is only held is looked at when somebody wants it: most
            // were copied as a whole before a change, and going back to them is what they are held for.
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
        : Array.FindIndex(_plan!.LaterPieces, piece => !piece.IsFrozen && !MemoryComparison.AreSame(block + (nint)piece.Target, _reference.Address + (nint)piece.Target, piece.ByteLength));

    private void OnCopied(CopyJob copying)
    {
        try
        {
            if (_frozen is not null && !copying.WasAborted)
            {
                KeepFrozen(copying);
            }
        }
        catch (Exception exception)
        {
            // On a thread of its own this must end in the operations, nowhere else, and whoever waits for the copy must go on.
            Failure = exception;
        }

        OnCaptured();
    }

    private void KeepFrozen(CopyJob copying)
    {
        if (copying.Compares && !copying.Differs)
        {
            return;
        }

        if (copying.Differs)
        {
            // It has changed after all, such as when weights were loaded. Others keep the copy of what it was.
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

    private void GiveBack()
    {
        Copying.Abort();
        Copying.Wait();
        _lease!.Dispose();
        Interlocked.Exchange(ref _frozen, null)?.Release();
        _reference?.Dispose();
        _plan!.Release();
    }
}
