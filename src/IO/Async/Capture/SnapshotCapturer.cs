using System.Diagnostics;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Captures live states as snapshots, and completes captures at the fence. Used by one thread at a time.</summary>
internal sealed class SnapshotCapturer(
    AsyncCheckpointOptions options, ArenaPool pool, CopyWorkers workers, Telemetry telemetry, Action onUnfenced, bool copiesRows = false)
    : IDisposable
{
    /// <summary>The size in bytes below which one thread copies faster than another one wakes up.</summary>
    private const long AloneBytes = 2 << 20;

    private readonly List<Snapshot> _sinceFence = [];

    /// <summary>Captures of which rows are copied after the fence, while steps copy those that they change.</summary>
    private readonly List<CopyJob> _copyingRows = [];
    private readonly FenceGeneration _fence = new();

    /// <summary>The step that copies were left to. It has ended, or its closure is being run.</summary>
    private IStepCopies? _taken;
    private CapturePlan? _plan;
    private Snapshot? _latest;
    private int _overlaps = options.Overlap ? 1 : 0;
    private ulong _captures;
    private long _lastFence;

    /// <summary>Gets the time between the last two passages of the fence; zero before.</summary>
    public TimeSpan StepInterval { get; private set; }

    /// <summary>Captures a state.</summary>
    /// <param name="state">The state; a captured state is used as it is.</param>
    /// <param name="check">Receives the size of the tensors before anything is copied; throws to refuse the save.</param>
    /// <param name="room">The memory limit.</param>
    /// <returns>A snapshot; the capturer keeps a reference until the next capture or fence.</returns>
    public Snapshot Capture(TrainingState state, Action<long> check, CaptureBudget room)
    {
        if (state.IsCaptured)
        {
            if (_latest is { } same && same.IsOf(state))
            {
                return same;
            }

            Forget();
            return _latest = new Snapshot(state);
        }

        IReadOnlyList<TensorData> tensors;
        CapturePlan plan;
        using (telemetry.Begin(Telemetry.Phase.Plan))
        {
            tensors = StateWalk.Collect(state.Root);
            plan = PlanFor(state, tensors);
        }

        if (_latest is { } latest && latest.IsStill(state.Root, plan))
        {
            return latest;
        }

        Forget();
        Release();
        check(plan.TensorBytes);
        ArenaLease lease;
        using (telemetry.Begin(Telemetry.Phase.Backpressure))
        {
            var budget = room.Budget(plan.ByteLength, plan.FrozenBytes);
            if (!pool.HasRoom(plan.ByteLength, budget))
            {
                room.MakeRoom();
            }

            lease = pool.Rent(plan.ByteLength, budget, room.OnWait, plan);
        }

        var snapshot = Make(state, tensors, plan, lease);
        _latest = snapshot;
        if (plan.LaterPieces.Length > 0)
        {
            _sinceFence.Add(snapshot);
        }

        return snapshot;
    }

    /// <summary>Creates the plan for states like the given one in advance.</summary>
    /// <returns>The size of a snapshot in bytes.</returns>
    public long Plan(TrainingState state) => PlanFor(state, StateWalk.Collect(state.Root)).ByteLength;

    /// <summary>
    /// Leaves one copy to the step of an optimizer before any save does, so that the code of such a step is compiled by then. Nobody uses
    /// the copy.
    /// </summary>
    /// <returns>false if it was not possible yet, because nothing is prepared or a save was quicker.</returns>
    public bool Rehearse(IStepCopies step)
    {
        // The memory of the first snapshot, which nothing else needs yet.
        if (_plan is null || _sinceFence.Count > 0 || pool.TryRentIdle(_plan.ByteLength) is not { } lease)
        {
            return false;
        }

        if (_plan.InStepPieces.MinBy(piece => piece.ByteLength) is { } piece
            && step.TryAdd(piece.Source, lease.Block.Address + (nint)piece.Target, piece.ByteLength))
        {
            step.Then(lease.Dispose);
        }
        else
        {
            lease.Dispose();
        }

        return true;
    }

    /// <summary>Gets a value indicating whether copies are deferred until the fence.</summary>
    public bool IsOverlapping => Volatile.Read(ref _overlaps) != 0;

    /// <summary>Disables deferred copies from now on, because tensors change outside of the fence.</summary>
    /// <returns>true if deferred copies were enabled before; otherwise, false.</returns>
    public bool StopOverlapping() => Interlocked.Exchange(ref _overlaps, 0) != 0;

    /// <summary>Lets any thread make the copies that are left to the step of an optimizer, because none may come soon.</summary>
    public void Release()
    {
        foreach (var snapshot in _sinceFence)
        {
            Release(snapshot.Copying);
        }
    }

    /// <summary>Like <see cref="Release()"/>, for one snapshot. On any thread.</summary>
    public void Release(CopyJob job)
    {
        if (job.Release())
        {
            workers.Help(job, options.BackgroundCopyThreads == 0 ? workers.Helpers : options.BackgroundCopyThreads);
        }
    }

    /// <summary>Waits until no capture reads live tensors.</summary>
    /// <param name="step">The optimizer whose step follows and makes copies; null if something else changes tensors.</param>
    public void Fence(IStepCopies? step)
    {
        // First, so that the step does not copy a snapshot that nothing else needs.
        Forget();
        if (!ReferenceEquals(_taken, step))
        {
            _taken?.Finish();
            _taken = null;
        }

        _copyingRows.RemoveAll(static job => job.IsCompleted);
        if (_copyingRows.Count > 0 && step is not { RecordsRows: true })
        {
            using var _ = telemetry.Begin(Telemetry.Phase.Fence);
            _copyingRows.ForEach(static job => job.WorkBeforeChange());
            _copyingRows.Clear();
        }

        if (_sinceFence.Count > 0)
        {
            Finish(step);
            _sinceFence.Clear();
        }

        var now = Stopwatch.GetTimestamp();
        StepInterval = _lastFence == 0 ? default : Stopwatch.GetElapsedTime(_lastFence, now);
        _lastFence = now;

        _fence.Pass();
    }

    /// <summary>Releases the latest snapshot, which is kept in case the same state is saved again.</summary>
    public void Forget() => Interlocked.Exchange(ref _latest, null)?.State.Dispose();

    public void Dispose()
    {
        Forget();
        _plan?.Release();
        _plan = null;
    }

    private void Finish(IStepCopies? step)
    {
        var timed = telemetry.Begin(Telemetry.Phase.Fence);
        foreach (var snapshot in _sinceFence)
        {
            var isLeft = step is not null && snapshot.TryLeaveTo(step);
            _taken = isLeft ? step : _taken;
            var job = snapshot.Copying;
            if (job.HasRows && step is { RecordsRows: true } && (isLeft || !job.HasDeferred))
            {
                job.WorkUntilFence();
                _copyingRows.Add(job);
            }
            else
            {
                job.Release();
                workers.Help(job, workers.Helpers);
                job.WorkBeforeChange();
            }

            if (snapshot.TearIfChanged(_plan))
            {
                onUnfenced();
            }
        }

        var stall = timed.End();
        _sinceFence[0].AddStall(stall);
        telemetry.Stalled(stall, "fence");
    }

    private CapturePlan PlanFor(TrainingState state, IReadOnlyList<TensorData> tensors)
    {
        var overlap = IsOverlapping;
        if (_plan is { } plan && plan.Overlaps == overlap && plan.TryAdapt(tensors))
        {
            return plan;
        }

        var made = new CapturePlan(state, tensors, overlap, copiesRows);
        if (_plan is { } before)
        {
            made.InheritFrozen(before);
            before.Release();
        }

        return _plan = made;
    }

    private Snapshot Make(TrainingState state, IReadOnlyList<TensorData> tensors, CapturePlan plan, ArenaLease lease)
    {
        using var _ = telemetry.Begin(Telemetry.Phase.Capture);
        var small = new CopyTarget(plan.Now, lease.Block.Address);
        var now = new CopyJob(small);
        try
        {
            Snapshot snapshot;
            var rows = RowCopy.Begin(plan, lease.Block);
            Share(now);
            try
            {
                // The tree of many small tensors takes as long to make as they take to copy, so others copy meanwhile.
                snapshot = new Snapshot(
                    state.Root, tensors, plan, lease, small, ++_captures, _fence, pool, telemetry,
                    rows, options.ValidateCaptures ? CopyForReference(plan) : null);
            }
            finally
            {
                now.Work();
                now.Wait();
            }

            workers.Help(snapshot.Copying, options.BackgroundCopyThreads == 0 ? workers.Helpers : options.BackgroundCopyThreads);
            telemetry.Add(Telemetry.Count.Captures);
            telemetry.Add(Telemetry.Count.CapturedBytes, plan.TensorBytes - plan.RowBytes);
            return snapshot;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private ArenaBlock CopyForReference(CapturePlan plan)
    {
        var reference = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), options.HugePages);
        var parts = new CopyList(plan.LaterPieces.Where(piece => !piece.IsFrozen).Select(piece => piece.Part));
        var job = new CopyJob(new CopyTarget(parts, reference.Address));
        job.Release();
        Share(job);
        job.Work();
        job.Wait();
        return reference;
    }

    /// <summary>Assigns workers to a job if it is large enough.</summary>
    private void Share(CopyJob job)
    {
        if (job.ByteLength > AloneBytes)
        {
            workers.Help(job, workers.Helpers);
        }
    }
}

/// <summary>The memory limit of a capture, and the actions to take when it is reached.</summary>
/// <param name="Budget">Returns the maximum memory of all snapshots, given the own and the shared bytes of the snapshot.</param>
/// <param name="MakeRoom">Supersedes older saves. Called after all checks that may refuse the save.</param>
/// <param name="OnWait">Called with the budget if there is still no room and the capture waits.</param>
internal readonly record struct CaptureBudget(Func<long, long, long> Budget, Action MakeRoom, Action<long> OnWait);
