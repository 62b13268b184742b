using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>Withdraws waiting items and completes their operations.</summary>
internal sealed class Withdrawals(WorkQueue queue, Telemetry telemetry, ILogger logger)
{
    /// <summary>Withdraws a save, or requests cancellation if it is being written.</summary>
    /// <returns>true if the save was withdrawn; otherwise, false.</returns>
    public bool TryCancel(SaveItem item)
    {
        if (TryWithdraw(item))
        {
            return true;
        }

        item.RequestCancel();
        return false;
    }

    /// <summary>Withdraws a save if it is still waiting; a write in progress continues.</summary>
    /// <returns>true if the save was withdrawn; otherwise, false.</returns>
    public bool TryWithdraw(SaveItem item)
    {
        if (!TakeBack(item, () => item.Source.TrySetCancelled()))
        {
            return false;
        }

        telemetry.Ended(Telemetry.Count.Cancelled);
        AsyncCheckpointLog.Cancelled(logger, item.Path);
        return true;
    }

    /// <summary>Withdraws an item if it is still waiting.</summary>
    /// <param name="item">The item.</param>
    /// <param name="settle">Completes the operation of the item.</param>
    /// <returns>true if the item was withdrawn; otherwise, false.</returns>
    public bool TakeBack(WorkItem item, Action settle)
    {
        if (!queue.TryTakeBack(item))
        {
            return false;
        }

        (item as IDisposable)?.Dispose();
        settle();
        item.Finish();
        return true;
    }

    /// <summary>
    /// Withdraws the save superseded by a newer one of its slot before that is queued, and gives it its place; likewise that of the slot
    /// that follows it. Does nothing without a slot.
    /// </summary>
    public void Supersede(SaveItem newer)
    {
        if (newer.Slot is { } slot && queue.Supersede(slot, newer) is SaveItem older)
        {
            Settle(older, slot);
        }

        if (newer.Options.FollowedBy is { } following && queue.Vacate(following) is SaveItem next)
        {
            Settle(next, following);
        }
    }

    /// <summary>Queues a save in the place of the one that it makes needless.</summary>
    public void Queue(SaveItem newer)
    {
        if (queue.Add(newer) is SaveItem older)
        {
            Settle(older, newer.Slot!);
        }
    }

    private void Settle(SaveItem older, string slot)
    {
        older.Dispose();
        older.Source.TrySetSuperseded();
        older.Finish();
        telemetry.Ended(Telemetry.Count.Superseded);
        AsyncCheckpointLog.Superseded(logger, older.Path, slot);
    }
}
