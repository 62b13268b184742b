using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Shares data among the processes that train together.</summary>
internal static partial class SharedBatches
{
    /// <summary>Returns the part of this process; the data itself if it is not shared.</summary>
    /// <param name="data">The data.</param>
    /// <param name="trainer">The trainer.</param>
    /// <param name="evaluates">Whether the data is for an evaluation.</param>
    public static IEnumerable<TBatch> Of<TBatch>(IEnumerable<TBatch> data, Trainer trainer, bool evaluates = false)
    {
        var collectives = trainer.Strategy.Collectives;
        if (collectives.WorldSize == 1)
        {
            return data;
        }

        if (data is IBatchSource<TBatch> source
            && source.Share(new BatchPart(collectives.Rank, collectives.WorldSize, evaluates)) is { } part)
        {
            return part;
        }

        LogNotShared(trainer.Log, data.GetType().Name, collectives.WorldSize);
        return data;
    }

    [LoggerMessage(1034, LogLevel.Information, "{Data} is not shared among the {Count} processes: each uses all of its batches")]
    private static partial void LogNotShared(ILogger logger, string data, int count);
}
