using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Indexed items, from which a <see cref="DataSource{TBatch}"/> creates batches.</summary>
/// <typeparam name="TItem">The type of an item: a tensor, numbers, a tuple, a record.</typeparam>
public interface IDataset<out TItem>
{
    /// <summary>Gets the number of items, which must not change during a run.</summary>
    long Count { get; }

    /// <summary>
    /// Loads an item. With workers, it is called concurrently on their threads. The source owns the returned tensors and disposes them.
    /// Detach tensors to be kept, e.g. in a cache, from the dispose scope of the source (<c>DetachFromDisposeScope</c>).
    /// </summary>
    /// <param name="arguments">The index of the item and its random seed.</param>
    TItem GetItem(GetItemArguments arguments);
}

/// <summary>The arguments for loading an item.</summary>
/// <param name="Index">The zero-based index of the item.</param>
/// <param name="Epoch">The zero-based epoch.</param>
/// <param name="Seed">
/// A seed that depends only on the seed of the source, the epoch and the item, for custom random number generators such as
/// <c>new torch.Generator((ulong)arguments.Seed)</c>. Do not use libtorch's default generator here: training uses it, and its results would
/// change.
/// </param>
/// <param name="CancellationToken">Cancelled when the item is no longer needed, for long-running loads.</param>
public readonly record struct GetItemArguments(long Index, int Epoch, long Seed, CancellationToken CancellationToken)
{
    /// <summary>
    /// Creates a random number generator that depends only on the seed of the source, the epoch and the item, at every call.
    /// </summary>
    public Random CreateRandom() => new SeededRandom(Seed);
}

/// <summary>A data set whose items a function returns.</summary>
internal sealed class ComputedDataset<TItem>(long count, Func<GetItemArguments, TItem> load) : IDataset<TItem>
{
    public long Count => count;

    public TItem GetItem(GetItemArguments arguments) => load(arguments);
}

/// <summary>Adapts a TorchSharp data set.</summary>
internal sealed class TorchDataset<TItem> : IDataset<TItem>
{
    private readonly utils.data.Dataset<TItem> _dataset;

    public TorchDataset(utils.data.Dataset<TItem> dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        _dataset = dataset;
    }

    public long Count => _dataset.Count;

    public TItem GetItem(GetItemArguments arguments) => _dataset.GetTensor(arguments.Index);
}
