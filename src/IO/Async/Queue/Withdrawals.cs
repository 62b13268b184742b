using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>Takes work back that still waits, and says how it ended.</summary>
internal sealed class Withdrawals(WorkQueue queue, Telemetry telemetry, ILogger logger)
{
    /// <summary>Takes a save back, or asks for one that is being written to be given up.</summary>
    /// <returns>Whether it was taken back.</returns>
    public bool TryCancel(SaveItem item)
    {
        if (TryWithdraw(item))
        {
            return true;
        }

        item.RequestCancel();
        return false;
    }

    /// <summary>Takes a save back if it still waits; one that is being written goes on.</summary>
    /// <returns>Whether it was taken back.</returns>
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

    /// <summary>Takes an item back if it still waits.</summary>
    /// <param name="item">The item.</param>
    /// <param name="settle">Tells whoever asked for it.</param>
    /// <returns>Whether it was taken back.</returns>
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

    /// <summary>Takes back what a newer save of a slot makes needless before it is queued, and gives the newer one its place; nothing where there is no slot.</summary>
    public void Supersede(SaveItem newer)
    {
        while (newer.Slot is { } slot && queue.Supersede(slot, newer) is SaveItem older)
        {
            Settle(older, slot);
        }
    }

    /// <summary>Queues a save in the place of those that it makes needless.</summary>
    public void Queue(SaveItem newer)
    {
        foreach (var older in queue.Add(newer))
        {
            Settle((SaveItem)older, newer.Slot!);
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
