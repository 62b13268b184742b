namespace Fulgurite.Data;

/// <summary>Data that knows its order, has a state of its own, and that one thread reads ahead.</summary>
internal sealed class PrefetchedStatefulBatchSource<TBatch>(IBatchSource<TBatch> data, IStatefulSource stateful, int capacity)
    : PrefetchedBatchSource<TBatch>(data, capacity, stateful), IStatefulSource;
