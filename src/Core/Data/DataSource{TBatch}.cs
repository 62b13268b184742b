using System.Collections;
using System.ComponentModel.DataAnnotations;

namespace Fulgurite;

/// <summary>
/// A source of batches of indexed items: shuffled by a seed per epoch, optionally created in advance by workers, and resumable at any
/// position without a delay. Use <see cref="DataSource"/> to create one from a data set or tensors.
/// </summary>
/// <remarks>
/// <para>The batches of an epoch depend only on the options, the epoch and the data, and not on the number of workers or on earlier
/// epochs. Random numbers for items are provided by <see cref="GetItemArguments"/>.</para>
/// <para>Workers run for one epoch. When the enumerator is disposed, even early or after a failure, no worker is running and all unconsumed
/// tensors are disposed. An exception in a worker is thrown when its batch is requested, after all earlier batches.</para>
/// <para>Concurrent enumerations on several threads are supported if the data supports them.</para>
/// </remarks>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
public sealed class DataSource<TBatch> : IBatchSource<TBatch>, ISharedOrder
{
    private readonly long _count;
    private readonly Func<MakeBatchArguments, TBatch> _make;
    private readonly int _batchSize;
    private readonly int _workers;
    private readonly int _capacity;
    private readonly bool _shuffle;
    private readonly long _seed;
    private readonly bool _isShared;
    private readonly BatchPart _part = new(0, 1, Evaluates: false);

    /// <summary>Initializes a new source.</summary>
    /// <param name="count">The number of items.</param>
    /// <param name="make">
    /// Creates a batch of items. With workers, it is called concurrently on their threads. Its tensors need no dispose scope.
    /// </param>
    /// <param name="options">The options; null for the defaults. Later changes have no effect.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option has an invalid value.</exception>
    /// <exception cref="ArgumentException">The options and the data result in no batch, or in too many.</exception>
    public DataSource(long count, Func<MakeBatchArguments, TBatch> make, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        options ??= new DataSourceOptions();
        options.Validate();
        _count = count;
        _make = make;
        (_batchSize, _workers, _capacity) = (options.BatchSize, options.Workers, options.Capacity);
        (_shuffle, _seed, _isShared) = (options.Shuffle, options.Seed, options.ShareBatches);
        var batches = options.DropLast ? count / _batchSize : (count + _batchSize - 1) / _batchSize;
        BatchCount = batches switch
        {
            0 => throw new ArgumentException(
                $"There are no batches: the data has {count} items, BatchSize is {_batchSize} and DropLast is {options.DropLast}. "
                    + "Provide more data, reduce BatchSize, or set DropLast to false.",
                nameof(count)),
            > int.MaxValue => throw new ArgumentException(
                $"{batches} batches exceed the maximum of an epoch, {int.MaxValue}. Set a larger BatchSize.", nameof(count)),
            _ => (int)batches,
        };
    }

    private DataSource(DataSource<TBatch> whole, BatchPart part)
    {
        (_count, _make, _batchSize, _workers, _capacity) = (whole._count, whole._make, whole._batchSize, whole._workers, whole._capacity);
        (_shuffle, _seed, BatchCount, _part) = (whole._shuffle, whole._seed, whole.BatchCount, part);
    }

    /// <summary>Gets the number of batches in an epoch.</summary>
    public int BatchCount { get; }

    int? IBatchSource<TBatch>.BatchCount => BatchCount;

    long? ISharedOrder.Seed => _shuffle ? _seed : null;

    /// <inheritdoc/>
    /// <exception cref="DataSourceException">Thrown during enumeration: an item could not be loaded. The message names it.</exception>
    public IEnumerable<TBatch> GetBatches(int epoch, int skip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return new Batches(this, epoch, Math.Min(skip, BatchCount));
    }

    /// <inheritdoc/>
    public IBatchSource<TBatch>? Share(BatchPart part)
    {
        if (!_isShared || part.WorldSize == 1)
        {
            return null;
        }

        return Math.Min(_batchSize, _count) >= part.WorldSize ? new DataSource<TBatch>(this, part) : throw new ArgumentException(
            $"{part.WorldSize} processes cannot share a batch: BatchSize is {_batchSize} and the data has {_count} items. "
                + "BatchSize is that of all processes together; increase it, or use fewer processes.",
            nameof(part));
    }

    /// <inheritdoc/>
    public double WeightOf(int batch)
    {
        var (start, end) = RangeOf(batch);
        return (double)(end - start) * _part.WorldSize / SizeOf(batch);
    }

    /// <summary>Enumerates the batches of the first epoch.</summary>
    public IEnumerator<TBatch> GetEnumerator() => GetBatches(epoch: 0, skip: 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Returns the number of items of a batch in all processes together.</summary>
    private long SizeOf(int batch) => Math.Min(_batchSize, _count - ((long)batch * _batchSize));

    /// <summary>Returns the positions in a batch of the items of this process. The numbers of items differ by at most one.</summary>
    private (long Start, long End) RangeOf(int batch) =>
        (SizeOf(batch) * _part.Rank / _part.WorldSize, SizeOf(batch) * (_part.Rank + 1) / _part.WorldSize);

    private MadeBatch<TBatch> Make(int epoch, int batch, Permutation order, CancellationToken cancellation)
    {
        var (first, end) = RangeOf(batch);
        if (first == end)
        {
            // A process without items repeats one; its weight is 0.
            (first, end) = (0, 1);
        }

        var start = ((long)batch * _batchSize) + first;
        var indices = new long[end - first];
        for (var position = 0; position < indices.Length; position++)
        {
            indices[position] = _shuffle ? order[start + position] : start + position;
        }

        try
        {
            var arguments = new MakeBatchArguments(batch, epoch, indices, _seed, cancellation);
            return MadeBatch<TBatch>.Make((out TBatch made) =>
            {
                made = _make(arguments);
                return true;
            })!;
        }
        catch (DataItemException failure)
        {
            throw new DataSourceException(
                $"Item {failure.Item} (epoch {epoch + 1}, batch {batch + 1}) could not be loaded: {failure.InnerException!.Message}",
                failure.InnerException)
            { Epoch = epoch, Batch = batch, Item = failure.Item };
        }
        catch (Exception exception)
        {
            throw new DataSourceException(
                $"Batch {batch + 1} of epoch {epoch + 1} (items "
                    + $"{string.Join(", ", indices.Take(8))}{(indices.Length > 8 ? ", ..." : string.Empty)}) could not be created: "
                    + $"{exception.Message}",
                exception)
            { Epoch = epoch, Batch = batch };
        }
    }

    private sealed class Batches(DataSource<TBatch> source, int epoch, int skip) : IEnumerable<TBatch>
    {
        // Only the last batch of an epoch can lack items.
        private int Count =>
            source._part.Evaluates && source.WeightOf(source.BatchCount - 1) == 0 ? source.BatchCount - 1 : source.BatchCount;

        public IEnumerator<TBatch> GetEnumerator()
        {
            var order = new Permutation(source._count, SeedMix.Combine(source._seed, epoch, -1));
            return source._workers == 0
                ? Inline(order)
                : new BatchWorkers<TBatch>(
                    skip, Count, Math.Min(source._workers, Math.Max(1, Count - skip)), source._capacity,
                    (batch, cancellation) => source.Make(epoch, batch, order, cancellation));
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private IEnumerator<TBatch> Inline(Permutation order)
        {
            for (var batch = skip; batch < Count; batch++)
            {
                yield return source.Make(epoch, batch, order, CancellationToken.None).Take();
            }
        }
    }
}

/// <summary>A source whose order must be the same in all processes that share its batches.</summary>
internal interface ISharedOrder
{
    /// <summary>Gets the seed of the order; null if the items are not shuffled.</summary>
    long? Seed { get; }
}

/// <summary>The options of a <see cref="DataSource{TBatch}"/>.</summary>
public sealed class DataSourceOptions
{
    /// <summary>
    /// Gets or sets the number of items in a batch. Where several processes train together, each has its part of the batch.
    /// </summary>
    /// <value>The default is 1.</value>
    [Range(1, int.MaxValue)]
    public int BatchSize { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether to shuffle the items in every epoch. The order depends only on <see cref="Seed"/> and the epoch.
    /// </summary>
    /// <value>The default is false, for the order of the data.</value>
    public bool Shuffle { get; set; }

    /// <summary>Gets or sets the seed of the order and of the random numbers for items.</summary>
    /// <value>The default is the seed of <see cref="Trainer.SeedEverything"/>, or 0 if it was not called.</value>
    public long Seed { get; set; } = RandomSeed.Current ?? 0;

    /// <summary>
    /// Gets or sets whether several processes that train together share the items of each batch. If false, each process uses all items,
    /// for data that differs between the processes.
    /// </summary>
    /// <value>The default is true.</value>
    public bool ShareBatches { get; set; } = true;

    /// <summary>Gets or sets whether to drop the last batch if it is not full.</summary>
    /// <value>The default is false.</value>
    public bool DropLast { get; set; }

    /// <summary>
    /// Gets or sets the number of threads that create batches in advance. The batches and their order do not depend on it.
    /// </summary>
    /// <value>The default is 0, for creating each batch on the training thread when it is requested.</value>
    [Range(0, 1024)]
    public int Workers { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of batches that are ready or being created while one is used. All of them are in memory at the same
    /// time. Has no effect without workers.
    /// </summary>
    /// <value>The default is null, for two per worker.</value>
    [Range(1, int.MaxValue)]
    public int? PrefetchBatches { get; set; }

    internal int Capacity => Math.Max(PrefetchBatches ?? (2 * Workers), Workers);

    internal void Validate() => Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
}
