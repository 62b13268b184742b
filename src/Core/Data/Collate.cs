using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite;

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

/// <summary>Makes tuples of any length.</summary>
internal static class TupleParts
{
    /// <summary>Makes a tuple.</summary>
    /// <param name="tuple">Its type.</param>
    /// <param name="parts">Its parts; those beyond the seventh go into the tuple at its end.</param>
    public static object Create(Type tuple, ReadOnlySpan<object?> parts) => parts.Length < 8
        ? Activator.CreateInstance(tuple, parts.ToArray())!
        : Activator.CreateInstance(tuple, [.. parts[..7], Create(tuple.GetGenericArguments()[7], parts[7..])])!;
}

/// <summary>Which batch is wanted.</summary>
/// <param name="Batch">Its number in the epoch, from zero.</param>
/// <param name="Epoch">The number of the epoch, from zero.</param>
/// <param name="Indices">The numbers of its items, in order.</param>
/// <param name="SourceSeed">The seed of the source.</param>
/// <param name="CancellationToken">Says that nobody wants the batch any more.</param>
public readonly record struct MakeBatchArguments(int Batch, int Epoch, ReadOnlyMemory<long> Indices, long SourceSeed, CancellationToken CancellationToken)
{
    /// <summary>What loading one of the items is told.</summary>
    /// <param name="position">Its position in <see cref="Indices"/>.</param>
    public GetItemArguments ForItem(int position)
    {
        var index = Indices.Span[position];
        return new GetItemArguments(index, Epoch, SeedMix.Combine(SourceSeed, Epoch, index), CancellationToken);
    }
}

/// <summary>Finds the tensors of a batch.</summary>
internal static class BatchTensors
{
    /// <summary>Collects the tensors of tensors, tuples, arrays, lists, dictionaries and records.</summary>
    /// <returns>False if there is something in which tensors may hide.</returns>
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
