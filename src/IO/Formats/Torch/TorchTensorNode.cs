namespace Fulgurite.IO;

/// <summary>A tensor of a torch file.</summary>
/// <param name="storage">The storage that it lies in.</param>
/// <param name="offset">Where in it, in elements.</param>
/// <param name="shape">Its shape.</param>
/// <param name="strides">Its strides.</param>
internal sealed class TorchTensorNode(TorchStorageNode storage, long offset, PickleTuple shape, PickleTuple strides) : PickleMade
{
    public TorchStorageNode Storage { get; } = storage;

    public long Offset { get; } = offset;

    public PickleTuple Shape { get; } = shape;

    public PickleTuple Strides { get; } = strides;
}

/// <summary>A storage that a torch file refers to.</summary>
/// <param name="storageClass">Its class, which says the element type.</param>
/// <param name="key">Its key.</param>
/// <param name="count">How many elements it is said to have.</param>
internal sealed class TorchStorageNode(PickleGlobal storageClass, string key, long count) : PickleMade
{
    public PickleGlobal StorageClass { get; } = storageClass;

    public string Key { get; } = key;

    public long Count { get; } = count;

    /// <summary>Makes one of what PyTorch refers to storages by; null if it is something else.</summary>
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

/// <summary>The storages of a torch file by their key.</summary>
internal interface ITorchStorages
{
    /// <summary>A storage.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="byteLength">How many bytes the pickle says that it has.</param>
    /// <exception cref="PickleException">There is no such storage, or it has another length.</exception>
    FileRegion Get(string key, long byteLength);
}
