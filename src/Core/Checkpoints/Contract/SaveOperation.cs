namespace Fulgurite;

/// <summary>An accepted save: its progress and outcome.</summary>
/// <remarks>All members are thread-safe. The outcome of a save is always set exactly once.</remarks>
public sealed class SaveOperation
{
    private readonly TaskCompletionSource _captured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CheckpointOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SaveOperation, bool>? _cancel;
    private readonly Func<SaveOperation, bool>? _withdraw;
    private int _settled;
    private long _stallTicks;
    private long _processorTicks;

    internal SaveOperation(string path, SaveOptions options, Func<SaveOperation, bool>? cancel, Func<SaveOperation, bool>? withdraw)
    {
        Path = path;
        Options = options;
        _cancel = cancel;
        _withdraw = withdraw;
    }

    /// <summary>Gets the path of the checkpoint.</summary>
    public string Path { get; internal set; }

    /// <summary>Gets the options of the save.</summary>
    public SaveOptions Options { get; }

    /// <summary>
    /// Gets the number of optimizer steps of the saved state; <see langword="null"/> if the save was not requested by a trainer.
    /// </summary>
    public long? GlobalStep { get; internal set; }

    /// <summary>Gets whether a run can be resumed from the saved state; false for weights alone.</summary>
    internal bool CanResume { get; set; }

    /// <summary>Gets whether the run failed before it was known that all processes had made the save.</summary>
    internal bool IsWithdrawn { get; set; }

    /// <summary>Gets the size of the file once it is durable, or else the known size of its tensors, in bytes.</summary>
    public long ByteCount { get; internal set; }

    /// <summary>
    /// Gets the time for which the caller waited: capture, fence and backpressure; with a synchronous implementation, the entire save.
    /// </summary>
    public TimeSpan Stall => TimeSpan.FromTicks(Interlocked.Read(ref _stallTicks));

    /// <summary>Gets the time for which the state waited in the queue.</summary>
    public TimeSpan QueueTime { get; internal set; }

    /// <summary>Gets the time for writing, fsync and publishing.</summary>
    public TimeSpan WriteTime { get; internal set; }

    /// <summary>
    /// Gets the processor time of the threads that wrote the checkpoint in the background; zero where it is not measured: except on Linux,
    /// and with a synchronous implementation, whose whole cost is <see cref="Stall"/>.
    /// </summary>
    public TimeSpan ProcessorTime => TimeSpan.FromTicks(Interlocked.Read(ref _processorTicks));

    /// <summary>Gets a task that completes when the tensors may change because nothing reads them any more. Never faults.</summary>
    public Task Captured => _captured.Task;

    /// <summary>Gets a task that completes with the outcome when the save has ended. Never faults.</summary>
    public Task<CheckpointOutcome> Completion => _completion.Task;

    /// <summary>Gets a task that completes when the checkpoint is durable.</summary>
    /// <exception cref="CheckpointException">The save failed, or was superseded or cancelled, so there is no such checkpoint.</exception>
    public Task Durable => WaitDurableAsync();

    /// <summary>Gets the outcome of the save, or <see cref="CheckpointOutcome.Pending"/>.</summary>
    public CheckpointOutcome Outcome => _completion.Task.IsCompletedSuccessfully ? _completion.Task.Result : CheckpointOutcome.Pending;

    /// <summary>
    /// Gets the reason of the failure; null unless <see cref="Outcome"/> is <see cref="CheckpointOutcome.Failed"/>.
    /// </summary>
    public CheckpointException? Failure { get; private set; }

    /// <summary>Requests to cancel the save. A checkpoint that is already being written may still become durable.</summary>
    /// <returns>true if the save was cancelled, with the outcome <see cref="CheckpointOutcome.Cancelled"/>; otherwise, false.</returns>
    public bool Cancel() => Outcome == CheckpointOutcome.Pending && (_cancel?.Invoke(this) ?? false);

    /// <summary>Cancels the save if it is still waiting. Unlike <see cref="Cancel"/>, a save that is being written completes.</summary>
    /// <returns>true if the save was cancelled, with the outcome <see cref="CheckpointOutcome.Cancelled"/>; otherwise, false.</returns>
    public bool Withdraw() => Outcome == CheckpointOutcome.Pending && (_withdraw?.Invoke(this) ?? false);

    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Outcome}";

    internal void SetCaptured() => _captured.TrySetResult();

    internal void AddStall(TimeSpan time) => Interlocked.Add(ref _stallTicks, time.Ticks);

    internal void AddProcessorTime(TimeSpan time) => Interlocked.Add(ref _processorTicks, time.Ticks);

    internal bool TrySettle(CheckpointOutcome outcome, CheckpointException? failure)
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
        {
            return false;
        }

        Failure = failure;
        _captured.TrySetResult();
        _completion.SetResult(outcome);
        return true;
    }

    private async Task WaitDurableAsync()
    {
        switch (await Completion.ConfigureAwait(false))
        {
            case CheckpointOutcome.Failed:
                throw Failure!;
            case CheckpointOutcome.Superseded:
                throw new CheckpointException(
                    $"The checkpoint '{Path}' was not written: it was superseded by a newer one for the slot '{Options.Slot}'.", Path);
            case CheckpointOutcome.Cancelled:
                throw new CheckpointException($"The checkpoint '{Path}' was not written: it was cancelled.", Path);
            default:
                break;
        }
    }
}

/// <summary>Specifies how a save ended.</summary>
public enum CheckpointOutcome
{
    /// <summary>The save has not ended.</summary>
    Pending,

    /// <summary>The checkpoint is on storage, where a crash or power failure cannot lose it.</summary>
    Durable,

    /// <summary>A newer save for the same slot superseded it before it was written.</summary>
    Superseded,

    /// <summary>The save was cancelled before it was written.</summary>
    Cancelled,

    /// <summary>
    /// The save failed. The previous content of its path is intact unless <see cref="CheckpointException.IsInPlace"/> of the failure is
    /// true.
    /// </summary>
    Failed,
}

/// <summary>Controls a <see cref="SaveOperation"/>; used by implementations of <see cref="CheckpointIO"/>.</summary>
public sealed class SaveOperationSource
{
    /// <summary>Initializes a source with a new operation.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options of the save; null for the defaults.</param>
    /// <param name="cancel">
    /// Called by <see cref="SaveOperation.Cancel"/>, on its thread. Cancels the save if possible, sets the outcome with
    /// <see cref="TrySetCancelled"/> and returns whether it did. Null if saves cannot be cancelled.
    /// </param>
    /// <param name="withdraw">
    /// Called by <see cref="SaveOperation.Withdraw"/>, on its thread. Cancels the save if it is waiting, sets the outcome with
    /// <see cref="TrySetCancelled"/> and returns whether it did. Null if saves do not wait.
    /// </param>
    public SaveOperationSource(
        string path, SaveOptions? options = null, Func<SaveOperation, bool>? cancel = null, Func<SaveOperation, bool>? withdraw = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Operation = new SaveOperation(path, options ?? new SaveOptions(), cancel, withdraw);
    }

    /// <summary>Gets the operation.</summary>
    public SaveOperation Operation { get; }

    /// <summary>Completes <see cref="SaveOperation.Captured"/>: nothing reads the live tensors any more.</summary>
    /// <param name="byteCount">The size of the tensors, in bytes.</param>
    public void SetCaptured(long byteCount)
    {
        Operation.ByteCount = byteCount;
        Operation.SetCaptured();
    }

    /// <summary>Adds to the time for which the training thread waited for this save.</summary>
    /// <param name="time">The time.</param>
    public void AddStall(TimeSpan time) => Operation.AddStall(time);

    /// <summary>
    /// Adds to the processor time of the threads that write this save in the background. Called before the outcome is set.
    /// </summary>
    /// <param name="time">The time.</param>
    public void AddProcessorTime(TimeSpan time) => Operation.AddProcessorTime(time);

    /// <summary>Sets the outcome to durable.</summary>
    /// <param name="byteCount">The size on storage, in bytes.</param>
    /// <param name="queueTime">The time for which the state waited in the queue.</param>
    /// <param name="writeTime">The time for writing, fsync and publishing.</param>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetDurable(long byteCount, TimeSpan queueTime, TimeSpan writeTime)
    {
        if (Operation.Outcome != CheckpointOutcome.Pending)
        {
            return false;
        }

        Operation.ByteCount = byteCount;
        Operation.QueueTime = queueTime;
        Operation.WriteTime = writeTime;
        return Operation.TrySettle(CheckpointOutcome.Durable, null);
    }

    /// <summary>
    /// Sets the outcome to failed. The previous content of the path is intact, or, if <see cref="CheckpointException.IsInPlace"/> of the
    /// exception is true, the new checkpoint is in place but may not survive a power failure.
    /// </summary>
    /// <param name="exception">The reason. Other exceptions are wrapped in a <see cref="CheckpointException"/> with the path.</param>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetFailed(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var failure = exception as CheckpointException
            ?? new CheckpointException($"Saving the checkpoint '{Operation.Path}' failed: {exception.Message}", Operation.Path, exception);
        return Operation.TrySettle(CheckpointOutcome.Failed, failure);
    }

    /// <summary>Sets the outcome to superseded, by a newer save for the same slot.</summary>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetSuperseded() => Operation.TrySettle(CheckpointOutcome.Superseded, null);

    /// <summary>Sets the outcome to cancelled.</summary>
    /// <returns>true if the outcome was set; false if the save had already ended.</returns>
    public bool TrySetCancelled() => Operation.TrySettle(CheckpointOutcome.Cancelled, null);

    /// <summary>Sets the outcome that another operation has had, in this process or another.</summary>
    /// <param name="outcome">The outcome; <see cref="CheckpointOutcome.Pending"/> counts as failed.</param>
    /// <param name="byteCount">The size on storage, in bytes.</param>
    /// <param name="times">The time in the queue, and that for writing.</param>
    /// <param name="failure">Returns the reason of a failure.</param>
    internal bool TrySet(
        CheckpointOutcome outcome, long byteCount, (TimeSpan Queue, TimeSpan Write) times, Func<CheckpointException> failure) =>
        outcome switch
        {
            CheckpointOutcome.Durable => TrySetDurable(byteCount, times.Queue, times.Write),
            CheckpointOutcome.Superseded => TrySetSuperseded(),
            CheckpointOutcome.Cancelled => TrySetCancelled(),
            _ => TrySetFailed(failure()),
        };
}
