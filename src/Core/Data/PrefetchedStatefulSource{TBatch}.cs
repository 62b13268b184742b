namespace Fulgurite.Data;

/// <summary>Data with a state of its own that one thread reads ahead.</summary>
internal sealed class PrefetchedStatefulSource<TBatch>(IEnumerable<TBatch> data, IStatefulSource stateful, int capacity)
    : PrefetchedSource<TBatch>(data, capacity, stateful), IStatefulSource;
