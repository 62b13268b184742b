namespace Fulgurite.IO;

/// <summary>
/// What a custom <see cref="CheckpointIO"/> wants to be told with one save, such as a storage class or tags. Derive from it; the
/// implementations here refuse options that they do not know.
/// </summary>
public abstract class StorageOptions
{
}
