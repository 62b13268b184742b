using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Finds the modules and tensors in the fields of a module, including collections, tuples and records.</summary>
internal static class ModuleFields
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const int MaxDepth = 4;
    private const int MaxCount = 10_000;

    private static readonly ConcurrentDictionary<Type, Field[]> Known = new();

    /// <summary>
    /// Returns the values of the fields of a module and of all modules registered in it, without the fields of TorchSharp's own modules and
    /// those marked <see cref="UnregisteredAttribute"/>.
    /// </summary>
    public static IEnumerable<Held> Of(nn.Module root)
    {
        foreach (var (prefix, module) in root.named_modules().Select(entry => ($"{entry.Item1}.", entry.Item2))
            .Prepend((string.Empty, root)))
        {
            foreach (var field in Known.GetOrAdd(module.GetType(), FieldsOf))
            {
                foreach (var (path, value) in Leaves(field.Info.GetValue(module), string.Empty, 0))
                {
                    yield return new Held($"{prefix}{field.Name}", path, field.Info.FieldType, value);
                }
            }
        }
    }

    private static Field[] FieldsOf(Type type)
    {
        var fields = new List<Field>();
        for (var level = type; level is not null && level.Assembly != typeof(nn.Module).Assembly
            && level.Assembly != typeof(Trainer).Assembly; level = level.BaseType)
        {
            fields.AddRange(level.GetFields(Declared)
                .Where(field => MayHold(field.FieldType))
                .Select(field => (Info: field, Property: PropertyOf(level, field)))
                .Where(
                    field => !field.Info.IsDefined(typeof(UnregisteredAttribute)) && field.Property
                        ?.IsDefined(typeof(UnregisteredAttribute)) != true)
                .Select(field => new Field(field.Info, field.Property?.Name ?? field.Info.Name)));
        }

        return [.. fields];
    }

    /// <summary>Returns the property of a compiler-generated backing field.</summary>
    private static PropertyInfo? PropertyOf(Type type, FieldInfo field) =>
        field.Name is ['<', .. var rest] && rest.IndexOf('>', StringComparison.Ordinal) is var end and > 0
            ? type.GetProperty(rest[..end], Declared)
            : null;

    private static bool MayHold(Type type) =>
        !BatchParts.IsPlain(type) && !type.IsPointer && !typeof(Delegate).IsAssignableFrom(type)
        && (!type.IsArray || MayHold(type.GetElementType()!))
        && (
            !type.IsGenericType || type.Namespace?.StartsWith("System", StringComparison.Ordinal) != true || type.GetGenericArguments()
                .Any(MayHold));

    private static IEnumerable<(string Path, object Value)> Leaves(object? value, string path, int depth)
    {
        switch (value)
        {
            case null or string:
                return [];
            case nn.Module or Tensor:
                return [(path, value)];
            case var _ when depth == MaxDepth || !MayHold(value.GetType()):
                return [];
            case ITuple tuple:
                return Enumerable.Range(0, tuple.Length).SelectMany(index => Leaves(tuple[index], $"{path}.Item{index + 1}", depth + 1));
            case IDictionary dictionary:
                return Items(dictionary).Cast<DictionaryEntry>().SelectMany(
                    entry => Leaves(entry.Value, $"{path}[{entry.Key}]", depth + 1));
            case IEnumerable items when IsCollection(value.GetType()):
                return Items(items).SelectMany((item, index) => Leaves(item, $"{path}[{index}]", depth + 1));
            default:
                return BatchParts.FieldsOf(value.GetType()) is { } fields
                    ? fields.SelectMany(field => Leaves(field.GetValue(value), $"{path}.{field.Name}", depth + 1))
                    : [];
        }
    }

    /// <summary>Enumerates only .NET collections, because others may load data or be infinite.</summary>
    private static bool IsCollection(Type type) =>
        type.IsArray || type.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true;

    private static List<object?> Items(IEnumerable items)
    {
        var list = new List<object?>();
        try
        {
            if (items is IDictionary dictionary)
            {
                // Enumerated as entries, because generic dictionaries otherwise return typed pairs.
                var entries = dictionary.GetEnumerator();
                while (entries.MoveNext() && list.Count < MaxCount)
                {
                    list.Add(entries.Entry);
                }
            }
            else
            {
                list.AddRange(items.Cast<object?>().Take(MaxCount));
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or NullReferenceException)
        {
            // Changed by another thread, or uninitialized (a default ImmutableArray).
        }

        return list;
    }

    /// <param name="Field">The field, prefixed with the name of its module unless that is the root.</param>
    /// <param name="Path">The path within the field.</param>
    /// <param name="Type">The type of the field.</param>
    /// <param name="Value">The module or tensor.</param>
    public readonly record struct Held(string Field, string Path, Type Type, object Value);

    private sealed record Field(FieldInfo Info, string Name);
}
