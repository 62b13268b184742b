using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Rebuilds a batch with other tensors.</summary>
/// <param name="device">The target device, for <see cref="IDeviceTransferable"/> parts.</param>
/// <param name="type">The element type of floating-point tensors, for <see cref="IDeviceTransferable"/> parts.</param>
/// <param name="move">Moves a tensor.</param>
internal sealed class BatchWalk(Device device, ScalarType? type, Func<Tensor, Tensor> move)
{
    public object Move(object part) => part switch
    {
        Tensor tensor => move(tensor),
        IDeviceTransferable transferable => transferable.To(device, type),
        _ when BatchParts.IsPlain(part.GetType()) => part,
        Tensor[] tensors => Array.ConvertAll(tensors, new Converter<Tensor, Tensor>(move)),
        ITuple tuple => MoveTuple(tuple),
        Array { Rank: 1 } array => MoveArray(array),
        IDictionary dictionary => MoveDictionary(dictionary),
        IList list => MoveList(list),
        _ => BatchParts.FieldsOf(part.GetType()) is { } fields ? MoveFields(part, fields) : throw Unknown(part.GetType()),
    };

    private object? MoveNullable(object? part) => part is null ? null : Move(part);

    private object MoveTuple(ITuple tuple)
    {
        var parts = new object?[tuple.Length];
        for (var index = 0; index < parts.Length; index++)
        {
            parts[index] = MoveNullable(tuple[index]);
        }

        return parts.Length == 0 ? tuple : TupleParts.Create(tuple.GetType(), parts);
    }

    private Array MoveArray(Array array)
    {
        var moved = Array.CreateInstance(array.GetType().GetElementType()!, array.Length);
        for (var index = 0; index < array.Length; index++)
        {
            moved.SetValue(MoveNullable(array.GetValue(index)), index);
        }

        return moved;
    }

    // Creates an empty dictionary of the same type with the key comparer of the original.
    private IDictionary MoveDictionary(IDictionary dictionary)
    {
        var kind = dictionary.GetType();
        var comparer = kind.GetProperty("Comparer")?.GetValue(dictionary);
        var moved = (IDictionary)Anew(kind, comparer is null ? [] : [comparer]);
        foreach (DictionaryEntry entry in dictionary)
        {
            moved.Add(entry.Key, MoveNullable(entry.Value));
        }

        return moved;
    }

    private IList MoveList(IList list)
    {
        var moved = (IList)Anew(list.GetType(), []);
        foreach (var part in list)
        {
            moved.Add(MoveNullable(part));
        }

        return moved;
    }

    private object MoveFields(object record, FieldInfo[] fields)
    {
        // A record struct was copied by boxing; a record class has a copy method that is independent of its constructors.
        var copy = record.GetType().GetMethod("<Clone>$") is { } clone
            ? clone.Invoke(record, null)!
            : RuntimeHelpers.GetObjectValue(record)!;
        foreach (var field in fields)
        {
            if (field.GetValue(record) is { } part && Move(part) is { } moved && !ReferenceEquals(part, moved)
                && !BatchParts.IsPlain(part.GetType()))
            {
                field.SetValue(copy, moved);
            }
        }

        return copy;
    }

    private object Anew(Type kind, object[] arguments)
    {
        try
        {
            return Activator.CreateInstance(kind, arguments) ?? throw Unknown(kind);
        }
        catch (MissingMethodException)
        {
            throw Unknown(kind);
        }
    }

    private NotSupportedException Unknown(Type kind) => new(
        $"A batch of type {kind.Name} cannot be moved to {device}{(type is null ? string.Empty : $" as {type}")}. Use tensors, tuples, "
            + $"lists, dictionaries or records of them, or implement {nameof(IDeviceTransferable)}.");
}
