using System.Collections.Concurrent;
using System.Reflection;

namespace Fulgurite;

/// <summary>Inspects the types that batches consist of.</summary>
internal static class BatchParts
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Type, FieldInfo[]?> Fields = new();

    /// <summary>Returns whether a type cannot contain tensors, such as a string, a number or an array of these.</summary>
    public static bool IsPlain(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(DateTime) || type == typeof(Guid)
        || (type.IsArray && IsPlain(type.GetElementType()!));

    /// <summary>
    /// Returns the fields of a record, or null for other types. A record declares its content; a class may store tensors anywhere.
    /// </summary>
    public static FieldInfo[]? FieldsOf(Type type) => Fields.GetOrAdd(type, static type => IsRecord(type)
        ? [.. Hierarchy(type).SelectMany(level => level.GetFields(All | BindingFlags.DeclaredOnly))]
        : null);

    private static bool IsRecord(Type type) =>
        type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", All) is not null);

    private static IEnumerable<Type> Hierarchy(Type type)
    {
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            yield return level;
        }
    }
}
