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
public sealed class DataSource<TBatch> : IBatchSource<TBatch>
{
    private readonly long _count;
    private readonly Func<MakeBatchArguments, TBatch> _make;
    private readonly int _batchSize;
    private readonly int _workers;
    private readonly int _capacity;
    private readonly bool _shuffle;
    private readonly long _seed;

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
        (_shuffle, _seed) = (options.Shuffle, options.Seed);
        var batches = options.DropLast ? count / _batchSize : (count + _batchSize - 1) / _batchSize;
        BatchCount = batches switch
        {
            0 => throw new ArgumentException(
                $"There are no batches: the data has {count} items, BatchSize is {_batchSize} and DropLast is {options.DropLast}. Provide more data, reduce BatchSize, or set DropLast to false.",
                nameof(count)),
            > int.MaxValue => throw new ArgumentException($"{batches} batches exceed the maximum of an epoch, {int.MaxValue}. Set a larger BatchSize.", nameof(count)),
            _ => (int)batches,
        };
    }

    /// <summary>Gets the number of batches in an epoch.</summary>
    public int BatchCount { get; }

    int? IBatchSource<TBatch>.BatchCount => BatchCount;

    /// <inheritdoc/>
    /// <exception cref="DataSourceException">Thrown during enumeration: an item could not be loaded. The message names it.</exception>
    public IEnumerable<TBatch> GetBatches(int epoch, int skip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return new Batches(this, epoch, Math.Min(skip, BatchCount));
    }

    /// <summary>Enumerates the batches of the first epoch.</summary>
    public IEnumerator<TBatch> GetEnumerator() => GetBatches(epoch: 0, skip: 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private MadeBatch<TBatch> Make(int epoch, int batch, Permutation order, CancellationToken cancellation)
    {
        var start = (long)batch * _batchSize;
        var indices = new long[Math.Min(_batchSize, _count - start)];
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
                $"Item {failure.Item} (batch {batch} of epoch {epoch}) could not be loaded: {failure.InnerException!.Message}", failure.InnerException)
            { Epoch = epoch, Batch = batch, Item = failure.Item };
        }
        catch (Exception exception)
        {
            throw new DataSourceException(
                $"Batch {batch} of epoch {epoch} (items {string.Join(", ", indices.Take(8))}{(indices.Length > 8 ? ", ..." : string.Empty)}) could not be created: {exception.Message}", exception)
            { Epoch = epoch, Batch = batch };
        }
    }

    private sealed class Batches(DataSource<TBatch> source, int epoch, int skip) : IEnumerable<TBatch>
    {
        public IEnumerator<TBatch> GetEnumerator()
        {
            var order = new Permutation(source._count, SeedMix.Combine(source._seed, epoch, -1));
            return source._workers == 0
                ? Inline(order)
                : new BatchWorkers<TBatch>(
                    skip, source.BatchCount, Math.Min(source._workers, Math.Max(1, source.BatchCount - skip)), source._capacity, (batch, cancellation) => source.Make(epoch, batch, order, cancellation));
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private IEnumerator<TBatch> Inline(Permutation order)
        {
            for (var batch = skip; batch < source.BatchCount; batch++)
            {
                yield return source.Make(epoch, batch, order, CancellationToken.None).Take();
            }
        }
    }
}

/// <summary>The options of a <see cref="DataSource{TBatch}"/>.</summary>
public sealed class DataSourceOptions
{
    /// <summary>Gets or sets the number of items in a batch.</summary>
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
