namespace Fulgurite.IO;

/// <summary>A queued removal.</summary>
internal sealed class RemoveItem(string path, CancellationToken cancellation) : WorkItem(path)
{
    private readonly TaskCompletionSource _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the result for the caller.</summary>
    public Task Result => _result.Task;

    public CancellationToken Cancellation => cancellation;

    public override bool LeavesCheckpoint => false;

    public override bool IsSettled => _result.Task.IsCompleted;

    public void Complete() => _result.TrySetResult();

    public override void Fail(Exception exception) => _result.TrySetException(exception);

    /// <summary>Cancels the removal.</summary>
    public void Cancel() => _result.TrySetCanceled(cancellation);
}
