using static TorchSharp.torch;

namespace Fulgurite.Data;

/// <summary>Puts the items of a batch together.</summary>
public static class Collate
{
    /// <summary>
    /// Puts items together part by part: tensors are stacked along a new first dimension; numbers and arrays of them become tensors; tuples,
    /// records, lists, arrays and dictionaries of such parts become the same of batches.
    /// </summary>
    /// <remarks>
    /// <para>Where the batch wants a tensor: <see cref="Tensor"/>s of equal shape are stacked, <see cref="float"/>, <see cref="double"/> and
    /// <see cref="bool"/> keep their type, whole numbers become int64, and arrays of numbers, all equally long, become rows. Where it wants a list or an
    /// array of what an item holds, such as <c>string[]</c>, it gets them one beside the other.</para>
    /// <para>A record is made by its constructor: each parameter takes the property of the item with that name.</para>
    /// </remarks>
    /// <typeparam name="TItem">What an item is.</typeparam>
    /// <typeparam name="TBatch">What a batch is: of the same make, with tensors for numbers.</typeparam>
    /// <param name="items">The items, at least one.</param>
    /// <exception cref="ArgumentException">There are no items.</exception>
    /// <exception cref="InvalidOperationException">The items do not fit together; which part of them is said.</exception>
    /// <exception cref="NotSupportedException">There is no such batch of such items; write a collate function.</exception>
    public static TBatch Stack<TItem, TBatch>(IReadOnlyList<TItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items.Count == 0
            ? throw new ArgumentException("There is no item to make a batch of.", nameof(items))
            : (TBatch)Stacking.Merge([.. items.Select(item => (object?)item)], typeof(TBatch), "item");
    }
}
