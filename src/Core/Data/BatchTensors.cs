using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.Data;

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
