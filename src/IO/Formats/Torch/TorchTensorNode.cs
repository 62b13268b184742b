namespace Fulgurite.IO;

/// <summary>A tensor of a torch file.</summary>
/// <param name="storage">The storage that holds its elements.</param>
/// <param name="offset">The offset in the storage, in elements.</param>
/// <param name="shape">Its shape.</param>
/// <param name="strides">Its strides.</param>
internal sealed class TorchTensorNode(TorchStorageNode storage, long offset, PickleTuple shape, PickleTuple strides) : PickleMade
{
    public TorchStorageNode Storage { get; } = storage;

    public long Offset { get; } = offset;

    public PickleTuple Shape { get; } = shape;

    public PickleTuple Strides { get; } = strides;
}

/// <summary>A reference to a storage in a torch file.</summary>
/// <param name="storageClass">The storage class, which determines the element type.</param>
/// <param name="key">Its key.</param>
/// <param name="count">The declared number of elements.</param>
internal sealed class TorchStorageNode(PickleGlobal storageClass, string key, long count) : PickleMade
{
    public PickleGlobal StorageClass { get; } = storageClass;

    public string Key { get; } = key;

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
            long number => new TorchStorageNode(storageClass, number.ToString(System.Globalization.CultureInfo.InvariantCulture), count),
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
    FileRegion Get(string key, long byteLength);
}
