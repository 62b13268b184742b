namespace Fulgurite;

/// <summary>Adds prefetching to data sources without their cooperation.</summary>
public static class BatchPrefetch
{
    /// <summary>
    /// Returns the same batches in the same order, prefetched by one thread. Intended for streams and third-party sources. That thread
    /// enumerates the data, from the first request for a batch until the enumerator is disposed.
    /// </summary>
    /// <remarks>
    /// Tensors that the data creates while advancing are moved to the thread that consumes the batch. Tensors that the data keeps must not
    /// belong to a dispose scope. An <see cref="IBatchSource{TBatch}"/> remains one, and so does an <see cref="IStatefulSource"/>, whose
    /// state is the one after the last consumed batch rather than the last prefetched one.
    /// </remarks>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="data">The data.</param>
    /// <param name="batches">The maximum number of prefetched batches.</param>
    public static IEnumerable<TBatch> Prefetch<TBatch>(this IEnumerable<TBatch> data, int batches = 2)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1);
        return (data as IBatchSource<TBatch>, data as IStatefulSource) switch
        {
            ({ } source, { } stateful) => new PrefetchedStatefulBatchSource<TBatch>(source, stateful, batches),
            ({ } source, null) => new PrefetchedBatchSource<TBatch>(source, batches),
            (null, { } stateful) => new PrefetchedStatefulSource<TBatch>(data, stateful, batches),
            _ => new PrefetchedSource<TBatch>(data, batches),
        };
    }

    /// <inheritdoc cref="Prefetch{TBatch}(IEnumerable{TBatch}, int)"/>
    public static IBatchSource<TBatch> Prefetch<TBatch>(this IBatchSource<TBatch> data, int batches = 2) =>
        (IBatchSource<TBatch>)Prefetch((IEnumerable<TBatch>)data, batches);
}
