using Fulgurite.IO.Pickle;

namespace Fulgurite.IO.Torch;

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
