using System.Collections;

namespace Fulgurite;

/// <summary>Data prefetched by one thread.</summary>
internal class PrefetchedSource<TBatch>(IEnumerable<TBatch> data, int capacity, IStatefulSource? stateful = null) : IEnumerable<TBatch>
{
    private StateMap? _state;

    /// <summary>Gets the prefetched data.</summary>
    public IEnumerable<TBatch> Data => data;

    protected int Capacity => capacity;

    protected bool IsStateful => stateful is not null;

    public IEnumerator<TBatch> GetEnumerator() => Ahead(data);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public StateMap StateDict() => _state ?? stateful!.StateDict();

    public void LoadStateDict(StateMap state)
    {
        stateful!.LoadStateDict(state);
        _state = null;
    }

    protected IEnumerator<TBatch> Ahead(IEnumerable<TBatch> batches)
    {
        IEnumerator<TBatch>? enumerator = null;

        // An abandoned enumeration had read ahead; the next one starts after the last consumed batch.
        if (_state is { } given)
        {
            stateful!.LoadStateDict(given);
        }

        // From now on, the source would return the state of prefetched batches.
        _state = stateful?.StateDict();
        return new BatchWorkers<TBatch>(
            0, int.MaxValue, workers: 1, capacity, Make, stateful is null ? null : OnTaken, () => enumerator?.Dispose());

        MadeBatch<TBatch>? Make(int batch, CancellationToken cancellation)
        {
            try
            {
                return MadeBatch<TBatch>.Make(
                    (out TBatch made) =>
                    {
                        enumerator ??= batches.GetEnumerator().WakenBy(cancellation);
                        var more = enumerator.MoveNext();
                        made = more ? enumerator.Current : default!;
                        return more;
                    },
                    stateful is null ? null : stateful.StateDict);
            }
            catch (Exception exception)
            {
                throw new DataSourceException(
                    $"Batch {batch} after the start position could not be read: {exception.Message}", exception)
                { Batch = batch };
            }
        }
    }

    private void OnTaken(MadeBatch<TBatch>? made) => _state = (StateMap?)made?.State;
}

/// <summary>A prefetched <see cref="IBatchSource{TBatch}"/> with its own state.</summary>
internal sealed class PrefetchedStatefulBatchSource<TBatch>(IBatchSource<TBatch> data, IStatefulSource stateful, int capacity)
    : PrefetchedBatchSource<TBatch>(data, capacity, stateful), IStatefulSource;

/// <summary>A prefetched <see cref="IBatchSource{TBatch}"/>.</summary>
internal class PrefetchedBatchSource<TBatch>(IBatchSource<TBatch> data, int capacity, IStatefulSource? stateful = null)
    : PrefetchedSource<TBatch>(data, capacity, stateful), IBatchSource<TBatch>, ISharedOrder
{
    public int? BatchCount => data.BatchCount;

    public long? Seed => (data as ISharedOrder)?.Seed;

    public IEnumerable<TBatch> GetBatches(int epoch, int skip) => new EnumerableOf<TBatch>(() => Ahead(data.GetBatches(epoch, skip)));

    public IBatchSource<TBatch>? Share(BatchPart part) =>
        !IsStateful && data.Share(part) is { } own ? new PrefetchedBatchSource<TBatch>(own, Capacity) : null;

    public double WeightOf(int batch) => data.WeightOf(batch);
}

/// <summary>Prefetched data with its own state.</summary>
internal sealed class PrefetchedStatefulSource<TBatch>(IEnumerable<TBatch> data, IStatefulSource stateful, int capacity)
    : PrefetchedSource<TBatch>(data, capacity, stateful), IStatefulSource;

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
