using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>Writes snapshots through the inner implementation and completes their operations. Used only by the writer thread.</summary>
/// <param name="inner">The implementation that writes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger for the results of saves.</param>
/// <param name="telemetry">The counters.</param>
/// <param name="space">Refreshed after writes.</param>
/// <param name="copies">Whether this thread completes captures itself, because no other does; its low priority delays the fence.</param>
/// <param name="waitForStep">Waits for the step of an optimizer that makes the copy, and has it made otherwise if none comes.</param>
/// <param name="onTorn">Called when a snapshot changed while it was captured.</param>
/// <param name="onLinked">Called with the answer of the storage to an attempt to link a second name.</param>
internal sealed class CheckpointWriter(
    CheckpointIO inner, TimeProvider time, ILogger logger, Telemetry telemetry, FreeSpace space, bool copies, Action<CopyJob> waitForStep,
    Action onTorn, Action<bool> onLinked)
{
    private readonly ICheckpointFiles? _files = inner.GetCapability<ICheckpointFiles>();
    private readonly List<Action> _afterwards = [];
    private WrittenSnapshot? _lastWritten;

    /// <summary>Removes a checkpoint and completes its removal.</summary>
    public void Remove(RemoveItem item)
    {
        try
        {
            ForgetPath(item.Key);
            inner.RemoveCheckpointAsync(item.Path, item.Cancellation).GetAwaiter().GetResult();
            item.Complete();
        }
        catch (OperationCanceledException) when (item.Cancellation.IsCancellationRequested)
        {
            item.Cancel();
        }
        catch (Exception exception)
        {
            // The caller receives the exception, whatever its origin.
            item.Fail(exception);
        }
    }

    /// <summary>Writes a save and completes its operation.</summary>
    public void Write(SaveItem item)
    {
        waitForStep(item.Snapshot.Copying);
        var begun = time.GetTimestamp();
        var processor = ThreadTime.Total;
        Exception? failure = null;
        var byteCount = 0L;
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
            byteCount = WriteOrLink(item);
        }
        catch (Exception exception)
        {
            // Every failure is reported by the operation and the log; the next save is unaffected.
            failure = exception is OperationCanceledException ? TornWhileWritten(item) ?? exception : exception;
        }

        space.Refresh(item.Path);
        var processorTime = TimeSpan.FromTicks(ThreadTime.Total - processor);
        telemetry.Add(Telemetry.Count.WriterTicks, processorTime.Ticks);
        item.Source.AddProcessorTime(processorTime);
        var isCancelled = failure is OperationCanceledException && item.Cancellation.IsCancellationRequested;

        // Releases the memory first: a waiter of the operation may need it for the next save.
        item.Dispose();
        var writeTime = timed.End();
        telemetry.Written(writeTime, byteCount, failure);
        var path = item.Path;
        try
        {
            Settle(item, begun, writeTime, byteCount, failure, isCancelled);
        }
        finally
        {
            RunAfterwards(path);
        }
    }

    /// <summary>Runs what the checkpoint does not need, such as the removal of what it has replaced.</summary>
    private void RunAfterwards(string path)
    {
        var work = _afterwards.ToArray();
        _afterwards.Clear();
        foreach (var each in work)
        {
            try
            {
                each();
            }
            catch (Exception exception)
            {
                // The save has been reported, and the checkpoint does not need the work.
                AsyncCheckpointLog.NotDoneAfterwards(logger, path, exception.Message);
            }
        }
    }

    /// <summary>Forgets the file written to a path, because it is about to be removed.</summary>
    /// <param name="key">The <see cref="PathKey"/> of the path.</param>
    private void ForgetPath(string key)
    {
        if (_lastWritten is not null && string.Equals(_lastWritten.Key, key, StringComparison.Ordinal))
        {
            _lastWritten = null;
        }
    }

    /// <returns>The bytes of the checkpoint on storage, or of its tensors where the implementation does not report them.</returns>
    private long WriteOrLink(SaveItem item)
    {
        if (TryLink(item))
        {
            telemetry.Add(Telemetry.Count.Linked);
            return _lastWritten!.ByteCount;
        }

        ForgetPath(item.Key);
        var context = new SaveContext(item.Options, _afterwards.Add);
        inner.SaveCheckpointAsync(item.State, item.Path, context, item.Cancellation).GetAwaiter().GetResult();
        var byteCount = context.ByteLength ?? item.Snapshot.ByteLength;
        _lastWritten = new WrittenSnapshot(item.Snapshot, item.Path, item.Key, FileStamp.Of(item.Path), item.Options.Storage, byteCount);
        return byteCount;
    }

    private bool TryLink(SaveItem item) =>
        _files is not null
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
            var isLinked = _files!.TryLinkAsync(path, item.Path, item.Cancellation).GetAwaiter().GetResult();
            onLinked(isLinked);
            return isLinked;
        }
        catch (Exception exception) when (!item.Cancellation.IsCancellationRequested)
        {
            // Writes a separate file instead; a failure of that is reported by the operation.
            AsyncCheckpointLog.NotLinked(logger, item.Path, exception.Message);
            return false;
        }
    }

    private static void ThrowIfNotCaptured(SaveItem item)
    {
        if (item.Snapshot.Failure is { } failure)
        {
            throw new CheckpointException(
                $"The checkpoint '{item.Path}' was not written: its state could not be captured. {failure.Message}",
                item.Path, failure)
            { IsTransient = true };
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
            $"The checkpoint '{item.Path}' was not written: the tensor '{tensor}' changed while it was being captured, "
                + "or its memory was written directly. Call BeforeParametersChange() of the CheckpointIO before parameters or optimizer "
                + "state change, which the trainer and its strategies do, and RowChanges.MarkAll after direct writes. "
                + "Later saves are captured whole before they return.",
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
            AsyncCheckpointLog.Failed(logger, item.Path, failure.Message);
        }
    }

    /// <summary>The last written file, for links to it; the stamp detects that another program has overwritten it.</summary>
    private sealed record WrittenSnapshot(
        Snapshot Snapshot, string Path, string Key, FileStamp? Stamp, StorageOptions? Storage, long ByteCount);
}
