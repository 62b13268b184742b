using Microsoft.Extensions.Logging;

namespace Fulgurite.IO;

/// <summary>The log messages of asynchronous saving.</summary>
internal static partial class AsyncCheckpointLog
{
    [LoggerMessage(1, LogLevel.Debug, "Saved {Path}: {Bytes} bytes, durable after {Milliseconds:F1} ms of writing.")]
    public static partial void Durable(ILogger logger, string path, long bytes, double milliseconds);

    /// <summary>The operation reports the failure to its caller, which logs it as an error.</summary>
    [LoggerMessage(2, LogLevel.Debug, "Saving {Path} failed: {Reason}")]
    public static partial void Failed(ILogger logger, string path, string reason);

    [LoggerMessage(3, LogLevel.Debug, "The waiting save of {Path} was withdrawn.")]
    public static partial void Cancelled(ILogger logger, string path);

    [LoggerMessage(4, LogLevel.Debug, "The waiting save of {Path} was superseded by a newer one of the slot {Slot}.")]
    public static partial void Superseded(ILogger logger, string path, string slot);

    [LoggerMessage(
        5, LogLevel.Warning,
        "Training waits for memory to capture {Path}: snapshots are limited to {Budget} bytes. Assign the save to a slot, save less often, "
            + "or raise MemoryBudget.")]
    public static partial void Waiting(ILogger logger, string path, long budget);

    [LoggerMessage(
        10, LogLevel.Warning,
        "Training waits to save {Path}: {Limit} saves that cannot be superseded are already waiting. Save less often, "
            + "keep fewer checkpoints, use faster storage, or raise MaxWaitingMilestones.")]
    public static partial void WaitingForMilestones(ILogger logger, string path, int limit);

    [LoggerMessage(
        6, LogLevel.Warning,
        "A tensor changed outside of the mutation fence. From now on every state is captured before its save returns.")]
    public static partial void OverlapStopped(ILogger logger);

    [LoggerMessage(7, LogLevel.Warning, "Preparation of the first save was incomplete; the save will take longer or fail.")]
    public static partial void NotPrepared(ILogger logger, Exception exception);

    [LoggerMessage(
        11, LogLevel.Information,
        "Saves are late, and the operating system refuses to raise the priority of the thread that writes {Path}. The next ones are "
            + "written at normal priority. To permit it, give the process CAP_SYS_NICE or a nice limit (ulimit -e 20).")]
    public static partial void NotRaised(ILogger logger, string path);

    [LoggerMessage(
        12, LogLevel.Warning,
        "{Path} is saved. The work after its save failed, such as the removal of what it has replaced, so files that nothing needs "
            + "may remain: {Reason}")]
    public static partial void NotDoneAfterwards(ILogger logger, string path, string reason);

    [LoggerMessage(9, LogLevel.Warning, "{Path} could not be linked to an existing file and is written as a separate file: {Reason}")]
    public static partial void NotLinked(ILogger logger, string path, string reason);
}
