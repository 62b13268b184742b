using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.Data;

/// <summary>Finds the tensors of a batch.</summary>
internal static class BatchTensors
{
    private static readonly ConcurrentDictionary<Type, FieldInfo[]?> Fields = new();

    /// <summary>Collects the tensors of tensors, tuples, arrays, lists, dictionaries and records.</summary>
    /// <returns>False if there is something in which tensors may hide.</returns>
    public static bool TryCollect(object? part, HashSet<Tensor> tensors) => part switch
    {
        null or string => true,
        Tensor tensor => tensors.Add(tensor) || true,
        ITuple tuple => Enumerable.Range(0, tuple.Length).All(index => TryCollect(tuple[index], tensors)),
        Array array when IsPlain(array.GetType().GetElementType()!) => true,
        IDictionary dictionary => dictionary.Values.Cast<object?>().All(value => TryCollect(value, tensors)),
        IList list => list.Cast<object?>().All(value => TryCollect(value, tensors)),
        _ => IsPlain(part.GetType()) || TryCollectFields(part, tensors),
    };

    private static bool IsPlain(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(decimal) || type == typeof(string) || type == typeof(DateTime) || type == typeof(Guid);

    private static bool TryCollectFields(object part, HashSet<Tensor> tensors) =>
        Fields.GetOrAdd(part.GetType(), FieldsOf) is { } fields && fields.All(field => TryCollect(field.GetValue(part), tensors));

    // Records say what they are made of; a class may keep its tensors anywhere, and a cycle there would never end.
    private static FieldInfo[]? FieldsOf(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        return type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", All) is not null)
            ? [.. Hierarchy(type).SelectMany(level => level.GetFields(All | BindingFlags.DeclaredOnly))]
            : null;
    }

    private static IEnumerable<Type> Hierarchy(Type type)
    {
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            yield return level;
        }
    }
}
