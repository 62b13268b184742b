using System.Buffers.Binary;

namespace Fulgurite.IO;

/// <summary>The storages of a torch file written before version 1.6: stored after the pickles, each with a length prefix.</summary>
internal sealed class LegacyStorages : ITorchStorages
{
    private readonly Dictionary<string, FileRegion> _regions = new(StringComparer.Ordinal);
    private readonly long _offset;

    /// <summary>Locates the storages.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="keys">The keys in storage order.</param>
    /// <param name="elementSizes">The element size of each storage.</param>
    /// <param name="offset">The offset of the first storage.</param>
    /// <exception cref="PickleException">The storages exceed the file or do not match the keys.</exception>
    public LegacyStorages(StorageReader reader, IEnumerable<object?> keys, Dictionary<string, int> elementSizes, long offset)
    {
        _offset = offset;
        Span<byte> header = stackalloc byte[sizeof(long)];
        foreach (var item in keys)
        {
            if (item is not string key || !elementSizes.TryGetValue(key, out var size))
            {
                throw new PickleException($"there is a storage '{item}' that no tensor names", offset);
            }

            reader.Read(offset, header);
            var count = BinaryPrimitives.ReadInt64LittleEndian(header);
            offset += header.Length;
            if (count < 0 || count > (reader.Length - offset) / size)
            {
                throw new PickleException($"the storage '{key}' has {count} elements according to its header, more than the file contains", offset);
            }

            if (!_regions.TryAdd(key, new FileRegion(key, offset, count * size, null)))
            {
                throw new PickleException($"there are two storages '{key}'", offset);
            }

            offset += count * size;
        }
    }

    public FileRegion Get(string key, long byteLength)
    {
        if (!_regions.TryGetValue(key, out var region))
        {
            throw new PickleException($"a tensor refers to the storage '{key}', which does not exist", _offset);
        }

        return region.ByteLength == byteLength
            ? region
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {region.ByteLength}", region.Offset);
    }
}
