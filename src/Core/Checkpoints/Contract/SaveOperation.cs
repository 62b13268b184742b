namespace Fulgurite;

/// <summary>A save that was accepted: what is known of it, and how it ended.</summary>
/// <remarks>All members may be used from any thread. A save operation never fails silently: its outcome says how it ended, once and for good.</remarks>
public sealed class SaveOperation
{
    private readonly TaskCompletionSource _captured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CheckpointOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SaveOperation, bool>? _cancel;
    private readonly Func<SaveOperation, bool>? _withdraw;
    private int _settled;
    private long _stallTicks;

    internal SaveOperation(string path, SaveOptions options, Func<SaveOperation, bool>? cancel, Func<SaveOperation, bool>? withdraw)
    {
        Path = path;
        Options = options;
        _cancel = cancel;
        _withdraw = withdraw;
    }

    /// <summary>Where the checkpoint goes.</summary>
    public string Path { get; }

    /// <summary>How it was asked to be saved.</summary>
    public SaveOptions Options { get; }

    /// <summary>Gets the number of optimizer steps of the saved state; <see langword="null"/> if the save was not requested by a trainer.</summary>
    public long? GlobalStep { get; internal set; }

    /// <summary>The bytes of its file once it is durable, else of its tensors as far as known.</summary>
    public long ByteCount { get; internal set; }

    /// <summary>How long the caller waited: capture, fence and backpressure; for a plain implementation the whole save.</summary>
    public TimeSpan Stall => TimeSpan.FromTicks(Interlocked.Read(ref _stallTicks));

    /// <summary>How long the state waited for its turn to be written.</summary>
    public TimeSpan QueueTime { get; internal set; }

    /// <summary>How long writing, syncing and publishing took.</summary>
    public TimeSpan WriteTime { get; internal set; }

    /// <summary>Completes when the tensors may change: nothing reads them any more. Never fails.</summary>
    public Task Captured => _captured.Task;

    /// <summary>Completes with the outcome when the save has ended in any way. Never fails.</summary>
    public Task<CheckpointOutcome> Completion => _completion.Task;

    /// <summary>Completes when the checkpoint is durable.</summary>
    /// <exception cref="CheckpointException">The save failed, or was superseded or cancelled, so that there is no such checkpoint.</exception>
    public Task Durable => WaitDurableAsync();

    /// <summary>How the save ended, or <see cref="CheckpointOutcome.Pending"/>.</summary>
    public CheckpointOutcome Outcome => _completion.Task.IsCompletedSuccessfully ? _completion.Task.Result : CheckpointOutcome.Pending;

    /// <summary>Why it failed; null unless <see cref="Outcome"/> is <see cref="CheckpointOutcome.Failed"/>.</summary>
    public CheckpointException? Failure { get; private set; }

    /// <summary>Asks not to write the checkpoint. What is being written already may still become durable.</summary>
    /// <returns>Whether the save was taken back; its outcome is then <see cref="CheckpointOutcome.Cancelled"/>.</returns>
    public bool Cancel() => Outcome == CheckpointOutcome.Pending && (_cancel?.Invoke(this) ?? false);

    /// <summary>Takes the save back if it still waits. Unlike <see cref="Cancel"/> it lets one that is being written finish.</summary>
    /// <returns>Whether the save was taken back; its outcome is then <see cref="CheckpointOutcome.Cancelled"/>.</returns>
    public bool Withdraw() => Outcome == CheckpointOutcome.Pending && (_withdraw?.Invoke(this) ?? false);

    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Outcome}";

    internal void SetCaptured() => _captured.TrySetResult();

    internal void AddStall(TimeSpan time) => Interlocked.Add(ref _stallTicks, time.Ticks);

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
                throw new CheckpointException($"The checkpoint '{Path}' was not written: a newer one for the slot '{Options.Slot}' took its place.", Path);
            case CheckpointOutcome.Cancelled:
                throw new CheckpointException($"The checkpoint '{Path}' was not written: it was cancelled.", Path);
            default:
                break;
        }
    }
}

/// <summary>How a save ended.</summary>
public enum CheckpointOutcome
{
    /// <summary>It has not ended.</summary>
    Pending,

    /// <summary>It is on storage such that a crash or power cut cannot lose it.</summary>
    Durable,

    /// <summary>A newer save for the same slot took its place before it was written.</summary>
    Superseded,

    /// <summary>It was cancelled before it was written.</summary>
    Cancelled,

    /// <summary>It failed. What was at its path before is intact, unless <see cref="CheckpointException.IsInPlace"/> of the failure is true.</summary>
    Failed,
}
