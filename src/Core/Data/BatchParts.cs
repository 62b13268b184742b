using System.Collections.Concurrent;
using System.Reflection;

namespace Fulgurite;

/// <summary>Inspects the types that batches consist of.</summary>
internal static class BatchParts
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Type, FieldInfo[]?> Fields = new();
    private static readonly ConcurrentDictionary<Type, Func<object, object?>[]> Tensors = new();

    /// <summary>Returns whether a type cannot contain tensors, such as a string, a number or an array of these.</summary>
    public static bool IsPlain(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(DateTime)
            || type == typeof(Guid)
        || (type.IsArray && IsPlain(type.GetElementType()!));

    /// <summary>
    /// Returns the fields of a record, or null for other types. A record declares its content; a class may store tensors anywhere.
    /// </summary>
    public static FieldInfo[]? FieldsOf(Type type) => Fields.GetOrAdd(type, static type => IsRecord(type)
        ? [.. Hierarchy(type).SelectMany(level => level.GetFields(All | BindingFlags.DeclaredOnly))]
        : null);

    /// <summary>Returns the parts of a custom batch type: the fields of a record, or the public tensors of another type.</summary>
    public static IEnumerable<object?> PartsOf(object batch) => FieldsOf(batch.GetType()) is { } fields
        ? fields.Select(field => field.GetValue(batch))
        : Tensors.GetOrAdd(batch.GetType(), TensorsOf).Select(get => get(batch));

    private static Func<object, object?>[] TensorsOf(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(
                property =>
                    property is { CanRead: true, PropertyType: var kind } && IsTensor(kind) && property.GetIndexParameters().Length == 0)
            .Select(property => (Func<object, object?>)property.GetValue),
        .. type.GetFields(BindingFlags.Instance | BindingFlags.Public).Where(field => IsTensor(field.FieldType)).Select(
            field => (Func<object, object?>)field.GetValue),
    ];

    private static bool IsTensor(Type type) => typeof(TorchSharp.torch.Tensor).IsAssignableFrom(type);

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
