using System.Runtime.CompilerServices;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite;

/// <content>Capturing: memory, the mutation fence, snapshots, and the preparation of the first save.</content>
public sealed partial class AsyncCheckpointIO
{
    /// <summary>How long the writer waits for the next step to make a copy, at least and at most.</summary>
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(5);

    /// <summary>The share of <see cref="SaveOptions.DurableWithin"/> after which a save is late: what is left is for writing it.</summary>
    private const double LateShare = 0.25;

    /// <summary>
    /// Gets a value indicating whether captures continue after a save returns: <see cref="AsyncCheckpointOptions.Overlap"/>, until a change
    /// outside of the mutation fence is detected.
    /// </summary>
    public bool IsOverlapping => _capturer.IsOverlapping;

    /// <inheritdoc/>
    public override void BeforeParametersChange()
    {
        lock (_captureGate)
        {
            var step = _step;
            _step = null;
            _hasRehearsed |= step is not null && !_hasRehearsed && _capturer.Rehearse(step);

            _capturer.Fence(step);
            _memory.Fence(step);
        }

        Inner.BeforeParametersChange();
    }

    /// <inheritdoc/>
    public void CopyInNextStep(IStepCopies optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        lock (_captureGate)
        {
            _step = optimizer;
        }
    }

    /// <inheritdoc/>
    public void WriteResumePointsFirst()
    {
        _queue.TakeResumePointsFirst();
        if (_queue.IsBehind)
        {
            _thread.Start();
        }

        Inner.GetCapability<ICheckpointCapture>()?.WriteResumePointsFirst();
    }

    /// <inheritdoc/>
    public StateSnapshot TakeSnapshot(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        lock (_captureGate)
        {
            return _memory.Take(state);
        }
    }

    /// <inheritdoc/>
    public void PrepareSnapshots(TrainingState state, int count)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long byteLength;
        lock (_captureGate)
        {
            byteLength = _memory.Plan(state);
        }

        _workers.Start();
        MakeReady(() => _memory.Prepare(byteLength, count));
    }

    /// <inheritdoc/>
    public void Prepare(TrainingState checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        long byteLength;
        lock (_captureGate)
        {
            byteLength = _capturer.Plan(checkpoint);
        }

        // Here, not on the thread below: on Linux a thread inherits the priority of the one that starts it.
        _thread.Start();
        _workers.Start();

        MakeReady(() =>
        {
            _pool.Prepare(byteLength);
            Telemetry.Prepare();
            JitWarmup.RunOnce(
                static inner => new AsyncCheckpointIO(
                    inner, new AsyncCheckpointOptions { CopyThreads = 2, HugePages = false }, TimeProvider.System, logger: null,
                    isHeard: false));
            _space.Refresh("rehearsal");
            _space.FindShortage("rehearsal", 0);
        });
        Inner.GetCapability<ICheckpointCapture>()?.Prepare(checkpoint);
    }

    // A method of its own, never a part of the other: the runtime took three seconds and two gigabytes to compile both as one, while the
    // training went on.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CaptureAndQueue(TrainingState checkpoint, SaveItem item)
    {
        lock (_captureGate)
        {
            // An older save of the slot goes only once there is a newer one, or where there is no memory for both.
            var room = new CaptureBudget(
                BudgetFor(item.Options), () => _withdrawals.Supersede(item), budget => OnWait(item.Source.Operation.Path, budget));
            var snapshot = _capturer.Capture(checkpoint, byteLength => ThrowIfFull(item, byteLength), room);
            var now = _time.GetTimestamp();
            item.Attach(snapshot, now, LateAt(now, item.Options.DurableWithin));
            _withdrawals.Queue(item);
        }

        _thread.Start();
    }

    /// <summary>
    /// Waits until a snapshot is copied, by the next step of an optimizer if one comes within a few times the usual interval. On the writer
    /// thread.
    /// </summary>
    private void WaitForCopy(CopyJob job)
    {
        var patience = _capturer.StepInterval * 3;
        patience = patience < ShortestPatience ? ShortestPatience : patience > LongestPatience ? LongestPatience : patience;
        if (!job.WaitForStep(patience))
        {
            _capturer.Release(job);
        }
    }

    private long? LateAt(long now, TimeSpan? durableWithin) =>
        durableWithin is { } time ? now + (long)(Math.Min(time.TotalDays * LateShare, 1) * 86_400 * _time.TimestampFrequency) : null;

    private void MakeReady(Action preparation)
    {
        void Run()
        {
            try
            {
                preparation();
            }
            catch (Exception exception)
            {
                // Nothing above this would catch it. What could not be made ready now is made, or fails its operation, when a save needs
                // it.
                AsyncCheckpointLog.NotPrepared(_logger, exception);
            }
        }

        // Where libtorch computes on all processors, a thread of low priority would get none before the first save, which would then do all
        // of this.
        if (TorchSharp.torch.get_num_threads() >= Environment.ProcessorCount)
        {
            Run();
            return;
        }

        var thread = new Thread(() =>
        {
            BackgroundPriority.Enter();
            Run();
        })
        { IsBackground = true, Name = "Fulgurite preparation" };
        thread.UnsafeStart();
    }

    private void ThrowIfFull(SaveItem item, long byteLength)
    {
        // Where space is about to be freed the writer finds out.
        if (!_queue.FreesSpace && _space.FindShortage(item.Path, byteLength) is { } available)
        {
            var path = item.Source.Operation.Path;
            throw new CheckpointException(
                $"The checkpoint '{path}' was not saved: its tensors take {byteLength} bytes and there is room for {available}. "
                    + "Free space there, keep fewer checkpoints, or save elsewhere.",
                path)
            { IsTransient = true };
        }
    }

    /// <summary>Returns the memory for the snapshot that is being written and one for each slot.</summary>
    private Func<long, long, long> BudgetFor(SaveOptions options) => (byteLength, sharedBytes) =>
    {
        if (_options.MemoryBudget > 0)
        {
            return _options.MemoryBudget;
        }

        var slots = _queue.CountSlots(options.Slot, options.FollowedBy) + (options.Slot is null ? 0 : 1);
        return ((1 + Math.Max(1, slots)) * Math.Max(byteLength, _pool.LargestLent)) + (2 * sharedBytes) + (32L << 20);
    };

    private void OnWait(string path, long budget)
    {
        _telemetry.Add(Telemetry.Count.Waits);
        AsyncCheckpointLog.Waiting(_logger, path, budget);
    }

    private void StopOverlapping()
    {
        _memory.StopOverlapping();
        if (_capturer.StopOverlapping())
        {
            AsyncCheckpointLog.OverlapStopped(_logger);
        }
    }
}
