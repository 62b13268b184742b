using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Combines corresponding parts of items.</summary>
internal static class Stacking
{
    /// <summary>Merges one part of all items.</summary>
    /// <param name="parts">The part of each item.</param>
    /// <param name="target">The type in the batch.</param>
    /// <param name="name">The name of the part in error messages.</param>
    public static object Merge(IReadOnlyList<object?> parts, Type target, string name)
    {
        if (parts[0] is null || parts.Any(part => part?.GetType() != parts[0]!.GetType()))
        {
            var kinds = string.Join(" and ", parts.Select(part => part?.GetType().Name ?? "null").Distinct(StringComparer.Ordinal));
            throw new InvalidOperationException(
                $"'{name}' is a {kinds}. Use items of the same structure without nulls, or write a collate function.");
        }

        var first = parts[0]!;
        return first switch
        {
            _ when target == typeof(Tensor) => ToTensor(parts, name),
            ITuple tuple when typeof(ITuple).IsAssignableFrom(target) => MergeTuple(parts, tuple.Length, target, name),
            IDictionary dictionary when typeof(IDictionary).IsAssignableFrom(target) => MergeDictionary(parts, dictionary, target, name),
            IList list when target.IsInstanceOfType(list) && ElementOf(target) is { } element && IsMergeable(element) =>
                MergeList(parts, list.Count, target, element, name),
            _ when ElementOf(target) is { } element && element.IsInstanceOfType(first) => Beside(parts, target, element),
            _ when ConstructorOf(target) is { } constructor => MergeProperties(parts, constructor, first.GetType(), name),
            _ => throw new NotSupportedException(
                $"There is no {target.Name} of several {first.GetType().Name} ('{name}'). Use a tensor or an array in the batch type, "
                    + "or write a collate function."),
        };
    }

    private static Tensor ToTensor(IReadOnlyList<object?> parts, string name) => parts[0] switch
    {
        Tensor => StackTensors([.. parts.Cast<Tensor>()], name),
        float => Row(parts, part => (float)part!),
        double => Row(parts, part => (double)part!),
        bool => Row(parts, part => (bool)part!),
        sbyte or byte or short or ushort or int or uint or long => Row(parts, part => Convert.ToInt64(part, null)),
        float[] => Rows<float>(parts, name, (values, shape) => NativeTensor.Of<float>(values, shape)),
        double[] => Rows<double>(parts, name, (values, shape) => NativeTensor.Of<double>(values, shape)),
        bool[] => Rows<bool>(parts, name, (values, shape) => NativeTensor.Of<bool>(values, shape)),
        byte[] => Rows<byte>(parts, name, (values, shape) => NativeTensor.Of<byte>(values, shape)),
        long[] => Rows<long>(parts, name, (values, shape) => NativeTensor.Of<long>(values, shape)),
        int[] => Rows<int>(parts, name, (values, shape) => NativeTensor.Of<long>(Array.ConvertAll(values, value => (long)value), shape)),
        var part => throw new NotSupportedException(
            $"A {part!.GetType().Name} ('{name}') is not a tensor. Use tensors, numbers or arrays of them, or write a collate function."),
    };

    private static Tensor StackTensors(Tensor[] tensors, string name) =>
        Array.Find(tensors, tensor => !tensor.shape.AsSpan().SequenceEqual(tensors[0].shape)) is { } other
        ? throw new InvalidOperationException(
            $"'{name}' has the shape [{string.Join(", ", tensors[0].shape)}] in the first item and [{string.Join(", ", other.shape)}] in "
                + "another. Use tensors of the same shape, e.g. by padding, or write a collate function.")
        : stack(tensors);

    private static Tensor Row<T>(IReadOnlyList<object?> parts, Converter<object?, T> convert)
        where T : unmanaged => NativeTensor.Of<T>(Array.ConvertAll([.. parts], convert), parts.Count);

    private static Tensor Rows<T>(IReadOnlyList<object?> parts, string name, Func<T[], long[], Tensor> make)
    {
        var width = ((T[])parts[0]!).Length;
        var values = new T[parts.Count * width];
        for (var row = 0; row < parts.Count; row++)
        {
            var part = (T[])parts[row]!;
            if (part.Length != width)
            {
                throw new InvalidOperationException(
                    $"'{name}' has {width} numbers in the first item and {part.Length} in another. Pad them to the same length, "
                        + "or write a collate function.");
            }

            part.CopyTo(values, row * width);
        }

        return make(values, [parts.Count, width]);
    }

    private static object MergeTuple(IReadOnlyList<object?> parts, int length, Type target, string name)
    {
        var merged = new object?[length];
        var types = TupleTypes(target).ToList();
        for (var index = 0; index < length; index++)
        {
            merged[index] = index < types.Count
                ? Merge([.. parts.Select(part => ((ITuple)part!)[index])], types[index], $"{name}.Item{index + 1}")
                : null;
        }

        return types.Count == length ? TupleParts.Create(target, merged) : throw new NotSupportedException(
            $"An item has {length} parts ('{name}') and a batch {types.Count}. Use the same number, or write a collate function.");
    }

    // Tuples of more than seven elements have a nested rest tuple.
    private static IEnumerable<Type> TupleTypes(Type tuple)
    {
        var types = tuple.GetGenericArguments();
        return types.Length == 8 ? types.Take(7).Concat(TupleTypes(types[7])) : types;
    }

    private static IDictionary MergeDictionary(IReadOnlyList<object?> parts, IDictionary first, Type target, string name)
    {
        var merged = (IDictionary)Activator.CreateInstance(target)!;
        var value = target.IsGenericType ? target.GetGenericArguments()[^1] : typeof(Tensor);
        foreach (var key in first.Keys)
        {
            var values = parts.Select(part => ((IDictionary)part!).Contains(key) && ((IDictionary)part!).Count == first.Count
                ? ((IDictionary)part!)[key]
                : throw new InvalidOperationException(
                    $"'{name}' has other keys in one item than in the first, which has {string.Join(", ", first.Keys.Cast<object>())}."));
            merged[key] = Merge([.. values], value, $"{name}[{key}]");
        }

        return merged;
    }

    private static IList MergeList(IReadOnlyList<object?> parts, int count, Type target, Type element, string name)
    {
        if (parts.Any(part => ((IList)part!).Count != count))
        {
            throw new InvalidOperationException(
                $"'{name}' has {count} parts in the first item and a different number in another. Use lists of the same length, "
                    + "or write a collate function.");
        }

        var merged = Array.CreateInstance(element, count);
        for (var index = 0; index < count; index++)
        {
            merged.SetValue(Merge([.. parts.Select(part => ((IList)part!)[index])], element, $"{name}[{index}]"), index);
        }

        return target.IsArray || target.IsInterface ? merged : (IList)Activator.CreateInstance(target, merged)!;
    }

    private static Array Beside(IReadOnlyList<object?> parts, Type target, Type element)
    {
        var array = Array.CreateInstance(element, parts.Count);
        for (var index = 0; index < parts.Count; index++)
        {
            array.SetValue(parts[index], index);
        }

        return target.IsAssignableFrom(array.GetType())
            ? array
            : throw new NotSupportedException($"A batch cannot have a {target.Name} here. Use a {element.Name}[].");
    }

    private static object MergeProperties(IReadOnlyList<object?> parts, ConstructorInfo constructor, Type item, string name) =>
        constructor.Invoke([.. constructor.GetParameters().Select(parameter => MergeProperty(parts, parameter, item, name))]);

    private static object MergeProperty(IReadOnlyList<object?> parts, ParameterInfo parameter, Type item, string name)
    {
        var property = item.GetProperty(parameter.Name!, BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase)
            ?? throw new NotSupportedException(
                $"A batch wants '{parameter.Name}', and a {item.Name} ('{name}') has no such property. Use the same name, "
                    + "or write a collate function.");
        return Merge([.. parts.Select(property.GetValue)], parameter.ParameterType, $"{name}.{property.Name}");
    }

    private static bool IsMergeable(Type type) =>
        type == typeof(Tensor) || typeof(ITuple).IsAssignableFrom(type) || typeof(IDictionary).IsAssignableFrom(type)
            || (ElementOf(type) is { } element && IsMergeable(element));

    private static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
            : type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) && type.GetGenericArguments().Length == 1
            ? type.GetGenericArguments()[0]
            : null;

    private static ConstructorInfo? ConstructorOf(Type type) =>
        type.IsPrimitive || type.IsAbstract || type == typeof(string)
            || type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true
        ? null
        : type.GetConstructors().Where(
            constructor => constructor.GetParameters() is [var only] ? only.ParameterType != type : constructor.GetParameters().Length > 0)
        .MaxBy(constructor => constructor.GetParameters().Length);
}
