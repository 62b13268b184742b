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

    /// <summary>
    /// Splits a data set into random parts without common items. The same seed and count give the same parts on every machine.
    /// </summary>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <param name="dataset">The items.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="fractions">The sizes of the parts, each above 0, in all at most 1. The sizes are rounded; no part may be empty.</param>
    /// <returns>The parts, in the order of the fractions.</returns>
    /// <exception cref="ArgumentException">The fractions are not allowed, or a part would be empty.</exception>
    public static IReadOnlyList<IDataset<TItem>> Split<TItem>(
        this IDataset<TItem> dataset, long seed, params ReadOnlySpan<double> fractions)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var (count, order) = (dataset.Count, new Permutation(dataset.Count, seed));
        var parts = new List<IDataset<TItem>>(fractions.Length);
        double sum = 0;
        foreach (var fraction in fractions)
        {
            var start = (long)Math.Round(sum * count);
            sum += fraction;
            if (fraction is not > 0 || sum > 1 + 1e-9)
            {
                throw new ArgumentException(
                    $"The fractions are {string.Join(", ", fractions.ToArray())}. Each must be above 0, and their sum at most 1.",
                    nameof(fractions));
            }

            var length = Math.Min(count, (long)Math.Round(sum * count)) - start;
            if (length == 0)
            {
                throw new ArgumentException($"The fraction {fraction} of {count} items is none. Choose a larger one.", nameof(fractions));
            }

            parts.Add(
                new ComputedDataset<TItem>(
                    length, arguments => dataset.GetItem(arguments with { Index = order[start + arguments.Index] })));
        }

        return parts;
    }
}
