using System.Globalization;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>
/// Tests the folders of the checkpoint callbacks before the first step: whether files can be created there, and whether there is room for
/// the state.
/// </summary>
internal sealed partial class CheckpointFolders(Trainer trainer, ILogger logger)
{
    /// <summary>Tests all folders that are known. In distributed training, the writing process shares the result.</summary>
    /// <exception cref="CheckpointException">Checkpoints cannot be saved, and the policy is not to continue without them.</exception>
    public void Test(FitSession session)
    {
        var folders = trainer.CheckpointCallbacks
            .Where(callback => !trainer.IsFastDevRun || callback.RunsInFastDevRun)
            .Select(callback => (Folder: callback.GetDirectory(trainer), callback.SavesWeightsOnly, IsOwn: HasFolder(callback)))
            .Where(known => !string.IsNullOrEmpty(known.Folder))
            .GroupBy(known => known.Folder!, StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            Test(folder.Key, session, folder.All(known => known.SavesWeightsOnly), folder.Any(known => known.IsOwn));
        }
    }

    /// <summary>Returns whether a callback states its folder; it may save elsewhere than in the default one.</summary>
    private static bool HasFolder(Checkpoint callback)
    {
        Func<Trainer, string?> get = callback.GetDirectory;
        return get.Method.DeclaringType != typeof(Checkpoint);
    }

    private void Test(string folder, FitSession session, bool weightsOnly, bool isOwn)
    {
        CheckpointException? failure = null;
        try
        {
            if (trainer.Strategy.Collectives.IsRankZero)
            {
                trainer.Strategy.CheckpointIO.ProbeAsync(folder, CancellationToken.None).GetAwaiter().GetResult();
                CheckRoom(folder, session, weightsOnly);
            }
        }
        catch (CheckpointException exception)
        {
            failure = exception;
        }

        if (trainer.Strategy.Collectives.WorldSize > 1 && trainer.Strategy.Collectives.Broadcast(failure?.Message) is { } message)
        {
            failure ??= new CheckpointException(message, folder);
        }

        if (failure is null)
        {
            return;
        }

        if (!isOwn)
        {
            LogDefaultUnusable(logger, failure.Message);
            return;
        }

        if (trainer.Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue)
        {
            throw failure;
        }

        LogUnusable(logger, failure.Message);
    }

    /// <summary>
    /// Throws if there is no room for one checkpoint, and warns if there is none for a second one: a checkpoint is replaced only after the
    /// new one is durable.
    /// </summary>
    private void CheckRoom(string folder, FitSession session, bool weightsOnly)
    {
        if (trainer.Strategy.CheckpointIO.GetCapability<ICheckpointFiles>()?.GetAvailableBytes($"{folder.TrimEnd('/')}/checkpoint")
                is not { } available
            || Measure(session, weightsOnly) is not { } size || available >= 2 * size)
        {
            return;
        }

        if (available < size)
        {
            throw new CheckpointException(
                $"No checkpoint can be saved in the folder '{folder}': the state takes {Text(size)}, and {Text(available)} are free. "
                    + "Free space there, or save to another disk (DirPath, DefaultRootDirectory).",
                folder)
            { IsTransient = true };
        }

        if (trainer.ResumedFrom is null)
        {
            LogOneOnly(logger, folder, Text(size), Text(available));
        }
    }

    /// <summary>Returns the bytes of the tensors of a checkpoint; null if the state cannot be saved, which a save reports.</summary>
    private long? Measure(FitSession session, bool weightsOnly)
    {
        try
        {
            using var state = StateCapture.Describe(trainer, session, weightsOnly);
            return state.Tensors().Sum(tensor => tensor.Value.ByteLength);
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    private static string Text(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    [LoggerMessage(1013, LogLevel.Error, "{Reason} The run continues without checkpoints, as OnCheckpointFailure specifies")]
    private static partial void LogUnusable(ILogger logger, string reason);

    [LoggerMessage(
        1017, LogLevel.Warning,
        "{Reason} The run continues, because its checkpoint callbacks may save elsewhere than in DefaultRootDirectory. Override "
            + "GetDirectory in them to test their folder instead")]
    private static partial void LogDefaultUnusable(ILogger logger, string reason);

    [LoggerMessage(
        1016, LogLevel.Warning,
        "The folder '{Folder}' has room for one checkpoint only: the state takes {Size}, and {Free} are free. A checkpoint is replaced "
            + "only after the new one is durable. Free space there, or save to another disk (DirPath, DefaultRootDirectory)")]
    private static partial void LogOneOnly(ILogger logger, string folder, string size, string free);
}
