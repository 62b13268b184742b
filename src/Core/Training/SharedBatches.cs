using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Shares data among the processes that train together.</summary>
internal static partial class SharedBatches
{
    /// <summary>Returns the part of this process; the data itself if it is not shared.</summary>
    /// <param name="data">The data.</param>
    /// <param name="trainer">The trainer.</param>
    /// <param name="evaluates">Whether the data is for an evaluation.</param>
    /// <exception cref="InvalidOperationException">The processes shuffle the data in different orders.</exception>
    public static IEnumerable<TBatch> Of<TBatch>(IEnumerable<TBatch> data, Trainer trainer, bool evaluates = false)
    {
        var collectives = trainer.Strategy.Collectives;
        if (collectives.WorldSize == 1)
        {
            return data;
        }

        var part = (data as IBatchSource<TBatch>)?.Share(new BatchPart(collectives.Rank, collectives.WorldSize, evaluates));
        CheckOrder((part as ISharedOrder)?.Seed, collectives);
        if (part is not null)
        {
            return part;
        }

        LogNotShared(trainer.Log, data.GetType().Name, collectives.WorldSize);
        return data;
    }

    /// <summary>Compares the seed of the order with that of rank 0; all processes refuse if one differs.</summary>
    private static void CheckOrder(long? seed, ICollectives collectives)
    {
        var first = collectives.Broadcast(seed);
        if (!collectives.ReduceDecision(first == seed))
        {
            var own = first == seed
                ? "and another rank has a different one"
                : $"and that of rank {collectives.Rank} is {Text(seed)}";
            throw new InvalidOperationException(
                "The processes shuffle the data in different orders, so that items are used twice or not at all: the seed of rank 0 is "
                    + $"{Text(first)}, {own}. Call Trainer.SeedEverything with the same seed in all processes before the data is created, "
                    + $"or set {nameof(DataSourceOptions)}.{nameof(DataSourceOptions.Seed)}.");
        }

        static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "none";
    }

    [LoggerMessage(1034, LogLevel.Information, "{Data} is not shared among the {Count} processes: each uses all of its batches")]
    private static partial void LogNotShared(ILogger logger, string data, int count);
}
