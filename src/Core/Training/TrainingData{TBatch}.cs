
namespace Fulgurite;

/// <summary>The batches of each epoch: how many there are, and those of an epoch from a position on.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
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

    /// <summary>How many batches an epoch has; null where that is not known.</summary>
    public int? BatchCount { get; }

    /// <summary>Whether a batch that was loaded and not used is loaded again by a resumed run.</summary>
    public bool MayDrop => !_feed.IsStateful;

    /// <summary>How many batches of an epoch may be used.</summary>
    public int Limit { get; }

    /// <summary>The batches of an epoch from a position on.</summary>
    public IEnumerator<TBatch> Open(int epoch, int skip) => _feed.Open(_sameEveryEpoch ? 0 : epoch, skip);
}
