namespace Fulgurite;

/// <summary>The batches of each epoch: their number, and their enumeration from a position.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class TrainingData<TBatch>
{
    private readonly DataFeed<TBatch> _feed;
    private readonly bool _sameEveryEpoch;

    public TrainingData(DataFeed<TBatch> feed, TrainerOptions options)
    {
        _feed = feed;
        _sameEveryEpoch = options.OverfitBatches is not null;
        var available = feed.BatchCount;
        BatchCount = available;
        Limit = int.MaxValue;
        if (options.LimitTrainBatches is { } limit)
        {
            var option = options.OverfitBatches is null ? nameof(TrainerOptions.LimitTrainBatches) : nameof(TrainerOptions.OverfitBatches);
            Limit = limit.Of(option, available) ?? int.MaxValue;
            BatchCount = available is null ? null : Limit;
        }
    }

    /// <summary>Gets the number of batches in an epoch; null if it is unknown.</summary>
    public int? BatchCount { get; }

    /// <summary>Gets whether a resumed run reloads a batch that was loaded but not used.</summary>
    public bool MayDrop => !_feed.IsStateful;

    /// <summary>Gets the maximum number of batches used in an epoch.</summary>
    public int Limit { get; }

    /// <summary>Enumerates the batches of an epoch from a position.</summary>
    public IEnumerator<TBatch> Open(int epoch, int skip) => _feed.Open(_sameEveryEpoch ? 0 : epoch, skip);
}
