namespace Fulgurite;

/// <summary>Reads data ahead that knows nothing of it.</summary>
public static class BatchPrefetch
{
    /// <summary>
    /// The same batches in the same order, read ahead by one thread: for streams, and for sources of others. The data is enumerated by that
    /// thread, from the first batch that is asked for until the enumerator is disposed.
    /// </summary>
    /// <remarks>
    /// Tensors that the data makes while it moves on go to the thread that uses the batch; those that it means to keep must be outside of dispose
    /// scopes. What the data can do besides stays: an <see cref="IBatchSource{TBatch}"/> stays one, and so does an <see cref="IStatefulSource"/>, whose
    /// state is that after the batch which was given, not after those read ahead.
    /// </remarks>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="data">The data.</param>
    /// <param name="batches">How many batches may be ready and not be used.</param>
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
