namespace Fulgurite.Data;

/// <summary>Data that knows its order and that one thread reads ahead.</summary>
internal class PrefetchedBatchSource<TBatch>(IBatchSource<TBatch> data, int capacity, IStatefulSource? stateful = null)
    : PrefetchedSource<TBatch>(data, capacity, stateful), IBatchSource<TBatch>
{
    public int? BatchCount => data.BatchCount;

    public IEnumerable<TBatch> GetBatches(int epoch, int skip) => new EnumerableOf<TBatch>(() => Ahead(data.GetBatches(epoch, skip)));
}
