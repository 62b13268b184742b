namespace Fulgurite;

/// <summary>Creates data sets.</summary>
public static class Dataset
{
    /// <summary>Creates a data set from a list. With workers, several threads read the list, so it must not change.</summary>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <param name="items">The items.</param>
    public static IDataset<TItem> Of<TItem>(IReadOnlyList<TItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new ComputedDataset<TItem>(items.Count, arguments => items[(int)arguments.Index]);
    }

    /// <summary>Creates a data set whose items are loaded or computed on demand.</summary>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <param name="count">The number of items.</param>
    /// <param name="load">Returns an item. With workers, it is called concurrently on their threads.</param>
    public static IDataset<TItem> Create<TItem>(long count, Func<GetItemArguments, TItem> load)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(load);
        return new ComputedDataset<TItem>(count, load);
    }

    /// <summary>Returns a data set that transforms each item when it is loaded, e.g. for augmentation, decoding or tokenization.</summary>
    /// <typeparam name="TItem">The type of a source item.</typeparam>
    /// <typeparam name="TResult">The type of a transformed item.</typeparam>
    /// <param name="dataset">The source items.</param>
    /// <param name="change">Transforms an item. The arguments provide random numbers for it.</param>
    public static IDataset<TResult> Map<TItem, TResult>(this IDataset<TItem> dataset, Func<TItem, GetItemArguments, TResult> change)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(change);
        return new ComputedDataset<TResult>(dataset.Count, arguments => change(dataset.GetItem(arguments), arguments));
    }
}
