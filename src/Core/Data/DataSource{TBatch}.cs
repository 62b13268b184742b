using System.Collections;

namespace Fulgurite;

/// <summary>
/// Batches of data whose items have numbers: shuffled by a seed per epoch, made ahead by workers if wanted, and continued from any position at
/// once. <see cref="DataSource"/> makes one of a data set or of tensors.
/// </summary>
/// <remarks>
/// <para>The batches of an epoch depend on the options, the number of the epoch and the data alone: not on the number of workers, nor on
/// epochs before. Random numbers for items come with <see cref="GetItemArguments"/>.</para>
/// <para>Workers start with an epoch and end with it, also where it ends early or fails: when the enumerator is disposed none of them runs
/// any more and no tensor that was made ahead is left. An exception of theirs is thrown when its batch is asked for, after those before it.</para>
/// <para>It may be enumerated several times at once, by several threads, if the data may.</para>
/// </remarks>
/// <typeparam name="TBatch">What a batch is.</typeparam>
public sealed class DataSource<TBatch> : IBatchSource<TBatch>
{
    private readonly long _count;
    private readonly Func<MakeBatchArguments, TBatch> _make;
    private readonly int _batchSize;
    private readonly int _workers;
    private readonly int _capacity;
    private readonly bool _shuffle;
    private readonly long _seed;

    /// <summary>Makes a source.</summary>
    /// <param name="count">How many items there are.</param>
    /// <param name="make">Makes a batch of items; with workers on their threads, several at a time. Its tensors need no care for scopes.</param>
    /// <param name="options">How; null for the defaults. Read here: later changes have no effect.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is not allowed.</exception>
    /// <exception cref="ArgumentException">There is nothing to make a batch of.</exception>
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
                $"There is no batch: the data has {count} items, BatchSize is {_batchSize} and DropLast is {options.DropLast}. Give more data, a smaller BatchSize, or set DropLast to false.",
                nameof(count)),
            > int.MaxValue => throw new ArgumentException($"{batches} batches are more than an epoch can count, {int.MaxValue}. Set a larger BatchSize.", nameof(count)),
            _ => (int)batches,
        };
    }

    /// <summary>How many batches an epoch has.</summary>
    public int BatchCount { get; }

    int? IBatchSource<TBatch>.BatchCount => BatchCount;

    /// <inheritdoc/>
    /// <exception cref="DataSourceException">While enumerating: an item could not be loaded; which one is said.</exception>
    public IEnumerable<TBatch> GetBatches(int epoch, int skip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return new Batches(this, epoch, Math.Min(skip, BatchCount));
    }

    /// <summary>The batches of the first epoch.</summary>
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
                $"Batch {batch} of epoch {epoch} (items {string.Join(", ", indices.Take(8))}{(indices.Length > 8 ? ", ..." : string.Empty)}) could not be made: {exception.Message}", exception)
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
