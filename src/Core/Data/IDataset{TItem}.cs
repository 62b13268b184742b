namespace Fulgurite.Data;

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
