namespace Fulgurite;

/// <summary>Makes data sets of what is at hand.</summary>
public static class Dataset
{
    /// <summary>The items of a list. With workers it is read by several threads, so it must not change.</summary>
    /// <typeparam name="TItem">What an item is.</typeparam>
    /// <param name="items">The items.</param>
    public static IDataset<TItem> Of<TItem>(IReadOnlyList<TItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new ComputedDataset<TItem>(items.Count, arguments => items[(int)arguments.Index]);
    }

    /// <summary>Items that are loaded or computed when they are wanted.</summary>
    /// <typeparam name="TItem">What an item is.</typeparam>
    /// <param name="count">How many there are.</param>
    /// <param name="load">Gives one; with workers on their threads, several at a time.</param>
    public static IDataset<TItem> Create<TItem>(long count, Func<GetItemArguments, TItem> load)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(load);
        return new ComputedDataset<TItem>(count, load);
    }

    /// <summary>The same items, each changed when it is loaded: augmentation, decoding, tokens.</summary>
    /// <typeparam name="TItem">What an item is.</typeparam>
    /// <typeparam name="TResult">What it becomes.</typeparam>
    /// <param name="dataset">The items.</param>
    /// <param name="change">Changes one; the arguments hold random numbers for it.</param>
    public static IDataset<TResult> Map<TItem, TResult>(this IDataset<TItem> dataset, Func<TItem, GetItemArguments, TResult> change)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(change);
        return new ComputedDataset<TResult>(dataset.Count, arguments => change(dataset.GetItem(arguments), arguments));
    }
}
