using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>A tensor of a torch file.</summary>
/// <param name="form">What it has in common with other tensors.</param>
/// <param name="key">The key of the storage that holds its elements.</param>
internal sealed class TorchTensorNode(TorchTensorForm form, StateKey key) : PickleMade
{
    public TorchTensorForm Form { get; } = form;

    public StateKey Key { get; } = key;
}

/// <summary>A tensor of a torch file apart from the key of its storage; thousands of tensors may share one.</summary>
/// <param name="StorageClass">The storage class, which determines the element type.</param>
/// <param name="Count">The declared number of elements of the storage.</param>
/// <param name="Offset">The offset in the storage, in elements.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Strides">The strides.</param>
internal sealed record TorchTensorForm(PickleGlobal StorageClass, long Count, long Offset, PickleTuple Shape, PickleTuple Strides);

/// <summary>A reference to a storage in a torch file.</summary>
/// <param name="storageClass">The storage class, which determines the element type.</param>
/// <param name="key">Its key.</param>
/// <param name="count">The declared number of elements.</param>
internal sealed class TorchStorageNode(PickleGlobal storageClass, StateKey key, long count) : PickleMade
{
    public PickleGlobal StorageClass { get; } = storageClass;

    public StateKey Key { get; } = key;

    public long Count { get; } = count;

    /// <summary>Creates a node from the persistent ID of a PyTorch storage; returns null for any other ID.</summary>
    public static TorchStorageNode? TryMake(ReadOnlySpan<object?> id)
    {
        if (id is not ["storage", PickleGlobal storageClass, var key, _, long count, .. var view] || view is not ([] or [null]))
        {
            return null;
        }

        return key switch
        {
            string text => new TorchStorageNode(storageClass, text, count),
            long number => new TorchStorageNode(storageClass, number, count),
            _ => null,
        };
    }
}

/// <summary>The storages of a torch file by key.</summary>
internal interface ITorchStorages
{
    /// <summary>Returns the file region of a storage.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="byteLength">The length declared in the pickle, in bytes.</param>
    /// <exception cref="PickleException">The storage does not exist, or its length differs.</exception>
    FileRegion Get(StateKey key, long byteLength);
}

/// <summary>Maps element types to the names of PyTorch's storage classes.</summary>
internal static class TorchType
{
    private const string Suffix = "Storage";

    private static readonly Dictionary<ScalarType, string> Names = new()
    {
        [ScalarType.Byte] = "Byte" + Suffix,
        [ScalarType.Int8] = "Char" + Suffix,
        [ScalarType.Int16] = "Short" + Suffix,
        [ScalarType.Int32] = "Int" + Suffix,
        [ScalarType.Int64] = "Long" + Suffix,
        [ScalarType.Float16] = "Half" + Suffix,
        [ScalarType.Float32] = "Float" + Suffix,
        [ScalarType.Float64] = "Double" + Suffix,
        [ScalarType.ComplexFloat32] = "ComplexFloat" + Suffix,
        [ScalarType.ComplexFloat64] = "ComplexDouble" + Suffix,
        [ScalarType.Bool] = "Bool" + Suffix,
        [ScalarType.BFloat16] = "BFloat16" + Suffix,
    };

    private static readonly Dictionary<string, ScalarType> Types = Names.ToDictionary(
        pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Returns the name of the storage class, such as <c>FloatStorage</c>.</summary>
    public static string StorageName(ScalarType type) => Names[type];

    /// <summary>Parses the name of a storage class.</summary>
    public static bool TryParse(string storageName, out ScalarType type) => Types.TryGetValue(storageName, out type);
}
