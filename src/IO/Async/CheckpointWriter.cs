using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>Writes snapshots through the inner implementation and completes their operations. Used only by the writer thread.</summary>
/// <param name="inner">The implementation that writes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger for the results of saves.</param>
/// <param name="telemetry">The counters.</param>
/// <param name="space">Refreshed after writes.</param>
/// <param name="copies">Whether this thread completes captures itself, because no other does; its low priority delays the fence.</param>
/// <param name="onTorn">Called when a snapshot changed while it was captured.</param>
internal sealed class CheckpointWriter(CheckpointIO inner, TimeProvider time, ILogger logger, Telemetry telemetry, FreeSpace space, bool copies, Action onTorn)
{
    private readonly ICheckpointLinks? _links = inner.GetCapability<ICheckpointLinks>();
    private readonly ICheckpointSizes? _sizes = inner.GetCapability<ICheckpointSizes>();
    private WrittenSnapshot? _lastWritten;

    /// <summary>Writes a save and completes its operation.</summary>
    public void Write(SaveItem item)
    {
        var begun = time.GetTimestamp();
        Exception? failure = null;
        var timed = telemetry.Begin(Telemetry.Phase.Write);
        try
        {
            if (copies)
            {
                item.Snapshot.Copying.Work();
            }

            item.Snapshot.Copying.Wait();
            ThrowIfNotCaptured(item);
            ThrowIfTorn(item);
            WriteOrLink(item);
        }
        catch (Exception exception)
        {
            // Whatever it was, it ends in the operation and the log; the next save starts afresh.
            failure = exception is OperationCanceledException ? TornWhileWritten(item) ?? exception : exception;
        }

        var byteCount = failure is null ? BytesAt(item) : 0;
        space.Refresh(item.Path);
        var isCancelled = failure is OperationCanceledException && item.Cancellation.IsCancellationRequested;

        // The memory first: whoever waits for the operation may want it for the next save.
        item.Dispose();
        var writeTime = timed.End();
        telemetry.Written(writeTime, byteCount, failure);
        Settle(item, begun, writeTime, byteCount, failure, isCancelled);
    }

    /// <summary>Forgets the file written to a path, because it is about to be removed.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    public void ForgetPath(string key)
    {
        if (_lastWritten is not null && string.Equals(_lastWritten.Key, key, StringComparison.Ordinal))
        {
            _lastWritten = null;
        }
    }

    private long BytesAt(SaveItem item)
    {
        try
        {
            return _sizes?.GetByteLengthAsync(item.Path, CancellationToken.None).GetAwaiter().GetResult() ?? item.Snapshot.ByteLength;
        }
        catch (Exception)
        {
            // It is durable, whatever the implementation says; that somebody took it away since, or that its length is not to be had, does not make it fail.
            return item.Snapshot.ByteLength;
        }
    }

    private void WriteOrLink(SaveItem item)
    {
        if (TryLink(item))
        {
            telemetry.Add(Telemetry.Count.Linked);
        }
        else
        {
            ForgetPath(item.Key);
            inner.SaveCheckpointAsync(item.State, item.Path, item.Options.Storage, item.Cancellation).GetAwaiter().GetResult();
            _lastWritten = new WrittenSnapshot(item.Snapshot, item.Path, item.Key, FileStamp.Of(item.Path), item.Options.Storage);
        }
    }

    private bool TryLink(SaveItem item) =>
        _links is not null
        && _lastWritten is { } written
        && ReferenceEquals(written.Snapshot, item.Snapshot)
        && ReferenceEquals(written.Storage, item.Options.Storage)
        && !string.Equals(written.Key, item.Key, StringComparison.Ordinal)
        && written.Stamp == FileStamp.Of(written.Path)
        && TryLink(written.Path, item);

    private bool TryLink(string path, SaveItem item)
    {
        try
        {
            return _links!.TryLinkAsync(path, item.Path, item.Cancellation).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (!item.Cancellation.IsCancellationRequested)
        {
            // Written as a file of its own instead; what fails then ends in the operation.
            AsyncCheckpointLog.NotLinked(logger, item.Path, exception.Message);
            return false;
        }
    }

    private static void ThrowIfNotCaptured(SaveItem item)
    {
        if (item.Snapshot.Failure is { } failure)
        {
            throw new CheckpointException($"The checkpoint '{item.Path}' was not written: its state could not be captured. {failure.Message}", item.Path, failure) { IsTransient = true };
        }
    }

    private void ThrowIfTorn(SaveItem item)
    {
        if (TornWhileWritten(item) is { } exception)
        {
            onTorn();
            throw exception;
        }
    }

    private CheckpointException? TornWhileWritten(SaveItem item)
    {
        if (item.Snapshot.FindTornTensor() is not { } tensor)
        {
            return null;
        }

        if (item.Snapshot.TryReportTorn())
        {
            telemetry.Add(Telemetry.Count.Torn);
        }

        return new CheckpointException(
            $"The checkpoint '{item.Path}' was not written: the tensor '{tensor}' changed while it was being captured. Call BeforeParametersChange() of the CheckpointIO before parameters or optimizer state change; the trainer and its strategies do. Later saves are captured before they return.",
            item.Path)
        { IsTransient = true };
    }

    private void Settle(SaveItem item, long begun, TimeSpan writeTime, long byteCount, Exception? failure, bool isCancelled)
    {
        telemetry.Ended(failure is null ? Telemetry.Count.Durable : isCancelled ? Telemetry.Count.Cancelled : Telemetry.Count.Failed);
        if (failure is null)
        {
            item.Source.TrySetDurable(byteCount, time.GetElapsedTime(item.Queued, begun), writeTime);
            AsyncCheckpointLog.Durable(logger, item.Path, byteCount, writeTime.TotalMilliseconds);
        }
        else if (isCancelled)
        {
            item.Source.TrySetCancelled();
            AsyncCheckpointLog.Cancelled(logger, item.Path);
        }
        else
        {
            item.Source.TrySetFailed(failure);
            AsyncCheckpointLog.Ended(logger, item.Path, failure);
        }
    }

    /// <summary>The last written file, for links to it; the stamp detects that another program has overwritten it.</summary>
    private sealed record WrittenSnapshot(Snapshot Snapshot, string Path, string Key, FileStamp? Stamp, StorageOptions? Storage);
}
