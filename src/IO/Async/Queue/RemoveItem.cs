namespace Fulgurite.IO;

/// <summary>A removal whose turn has to come.</summary>
internal sealed class RemoveItem(CheckpointIO inner, CheckpointWriter writer, string path, CancellationToken cancellationToken) : WorkItem(path)
{
    private readonly TaskCompletionSource _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the result for the caller.</summary>
    public Task Result => _result.Task;

    public override bool LeavesCheckpoint => false;

    public override bool IsSettled => _result.Task.IsCompleted;

    public override void Run()
    {
        try
        {
            writer.ForgetPath(Key);
            inner.RemoveCheckpointAsync(Path, cancellationToken).GetAwaiter().GetResult();
            _result.TrySetResult();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Cancel();
        }
        catch (Exception exception)
        {
            // It belongs to the caller, wherever it came from.
            _result.TrySetException(exception);
        }
    }

    public override void Fail(Exception exception) => _result.TrySetException(exception);

    /// <summary>Says that it will not be done.</summary>
    public void Cancel() => _result.TrySetCanceled(cancellationToken);
}
