using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Items by their number: what a <see cref="DataSource{TBatch}"/> makes batches of.</summary>
/// <typeparam name="TItem">What an item is: a tensor, numbers, a tuple, a record.</typeparam>
public interface IDataset<out TItem>
{
    /// <summary>How many items there are; the same for the whole run.</summary>
    long Count { get; }

    /// <summary>
    /// Loads an item. With workers it is called on their threads, several at a time. Tensors made here are the source's, which disposes them;
    /// those to be kept, in a cache say, must leave its dispose scope (<c>DetachFromDisposeScope</c>).
    /// </summary>
    /// <param name="arguments">Which, and the random numbers for it.</param>
    TItem GetItem(GetItemArguments arguments);
}

/// <summary>Which item is wanted.</summary>
/// <param name="Index">Its number, from zero.</param>
/// <param name="Epoch">The epoch that it is for, from zero.</param>
/// <param name="Seed">
/// Depends on the seed of the source, the epoch and the item alone, whoever loads it: for what draws random numbers by itself, such as
/// <c>new torch.Generator((ulong)arguments.Seed)</c>. libtorch's common generator is the training's; drawing from it here would change its course.
/// </param>
/// <param name="CancellationToken">Says that nobody wants the item any more: for what loads from far away.</param>
public readonly record struct GetItemArguments(long Index, int Epoch, long Seed, CancellationToken CancellationToken)
{
    /// <summary>Makes random numbers that depend on the seed of the source, the epoch and the item alone. The same ones at every call.</summary>
    public Random CreateRandom() => new SeededRandom(Seed);
}

/// <summary>Items that a function gives.</summary>
internal sealed class ComputedDataset<TItem>(long count, Func<GetItemArguments, TItem> load) : IDataset<TItem>
{
    public long Count => count;

    public TItem GetItem(GetItemArguments arguments) => load(arguments);
}

/// <summary>A data set of TorchSharp as one of ours.</summary>
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
