using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Combines items into a batch.</summary>
public static class Collate
{
    /// <summary>
    /// Combines items part by part: tensors are stacked along a new first dimension, numbers and arrays of numbers become tensors, and
    /// tuples, records, lists, arrays and dictionaries of such parts keep their structure.
    /// </summary>
    /// <remarks>
    /// <para>If the batch type has a tensor: <see cref="Tensor"/>s of equal shape are stacked, <see cref="float"/>, <see cref="double"/>
    /// and
    /// <see cref="bool"/> keep their type, integers become int64, and number arrays of equal length become rows. If it has a list or an
    /// array of the item's type, such as <c>string[]</c>, the values are collected in it.</para>
    /// <para>A record is created by its constructor: each parameter is set from the item property of the same name.</para>
    /// </remarks>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <typeparam name="TBatch">The type of a batch: the same structure, with tensors instead of numbers.</typeparam>
    /// <param name="items">The items, at least one.</param>
    /// <exception cref="ArgumentException">The list of items is empty.</exception>
    /// <exception cref="InvalidOperationException">The items are inconsistent; the message names the part.</exception>
    /// <exception cref="NotSupportedException">The batch type does not match the item type; write a collate function.</exception>
    public static TBatch Stack<TItem, TBatch>(IReadOnlyList<TItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items.Count == 0
            ? throw new ArgumentException("The list of items is empty.", nameof(items))
            : (TBatch)Stacking.Merge([.. items.Select(item => (object?)item)], typeof(TBatch), "item");
    }
}

/// <summary>Creates tuples of any length.</summary>
internal static class TupleParts
{
    /// <summary>Creates a tuple.</summary>
    /// <param name="tuple">The tuple type.</param>
    /// <param name="parts">The elements; those beyond the seventh go to the nested rest tuple.</param>
    public static object Create(Type tuple, ReadOnlySpan<object?> parts) => parts.Length < 8
        ? Activator.CreateInstance(tuple, parts.ToArray())!
        : Activator.CreateInstance(tuple, [.. parts[..7], Create(tuple.GetGenericArguments()[7], parts[7..])])!;
}

/// <summary>The arguments for creating a batch.</summary>
/// <param name="Batch">The zero-based index of the batch in the epoch.</param>
/// <param name="Epoch">The zero-based epoch.</param>
/// <param name="Indices">The indexes of the items, in order.</param>
/// <param name="SourceSeed">The seed of the source.</param>
/// <param name="CancellationToken">Cancelled when the batch is no longer needed.</param>
public readonly record struct MakeBatchArguments(
    int Batch, int Epoch, ReadOnlyMemory<long> Indices, long SourceSeed, CancellationToken CancellationToken)
{
    /// <summary>Returns the arguments for loading one of the items.</summary>
    /// <param name="position">The position of the item in <see cref="Indices"/>.</param>
    public GetItemArguments ForItem(int position)
    {
        var index = Indices.Span[position];
        return new GetItemArguments(index, Epoch, SeedMix.Combine(SourceSeed, Epoch, index), CancellationToken);
    }
}

/// <summary>Finds the tensors of a batch.</summary>
internal static class BatchTensors
{
    /// <summary>Collects the tensors in tensors, tuples, arrays, lists, dictionaries and records.</summary>
    /// <returns>false if a part may contain undiscoverable tensors; otherwise, true.</returns>
    public static bool TryCollect(object? part, HashSet<Tensor> tensors) => part switch
    {
        null or string => true,
        Tensor tensor => tensors.Add(tensor) || true,
        ITuple tuple => Enumerable.Range(0, tuple.Length).All(index => TryCollect(tuple[index], tensors)),
        _ when BatchParts.IsPlain(part.GetType()) => true,
        IDictionary dictionary => dictionary.Values.Cast<object?>().All(value => TryCollect(value, tensors)),
        IList list => list.Cast<object?>().All(value => TryCollect(value, tensors)),
        _ => TryCollectFields(part, tensors),
    };

    private static bool TryCollectFields(object part, HashSet<Tensor> tensors) =>
        BatchParts.FieldsOf(part.GetType()) is { } fields && fields.All(field => TryCollect(field.GetValue(part), tensors));
}
