using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// Reads files written by <c>torch.save</c> before version 1.6, or with <c>_use_new_zipfile_serialization=False</c>: a magic number, a
/// version, machine properties, the tree and the keys of the storages, each as a pickle, followed by the storages. There are no checksums.
/// </summary>
internal static class LegacyFile
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Reads everything but the storages.</summary>
    /// <returns>The unpickled tree and its storages.</returns>
    public static (object? Made, ITorchStorages Storages) Read(StorageReader reader)
    {
        var input = new PickleInput(reader, 0, reader.Length);
        if (new PickleMachine(input).Run() is not BigInteger magic || magic != Magic)
        {
            throw new PickleException("it is a pickle, but not one of torch.save; save it again with torch.save", 0);
        }

        if (new PickleMachine(input).Run() is not Protocol)
        {
            throw new PickleException("it is a torch file of an unknown version", input.Offset);
        }

        if (new PickleMachine(input).Run() is not PickleDictionary system || !IsLittleEndian(system))
        {
            throw new PickleException("its numbers are not little-endian; save it again on a little-endian machine", input.Offset);
        }

        var machine = new PickleMachine(input);
        var made = machine.Run();
        if (new PickleMachine(input).Run() is not PickleList keys)
        {
            throw new PickleException("the list of its storages is missing", input.Offset);
        }

        return (made, new LegacyStorages(reader, keys.Items, ElementSizes(machine.Persistents), input.Offset));
    }

    private static bool IsLittleEndian(PickleDictionary system) =>
        system.Entries.Any(entry => entry is { Key: "little_endian", Value: true });

    private static Dictionary<string, int> ElementSizes(IEnumerable<PicklePersistent> references)
    {
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (reference.Id is PickleTuple { Items: ["storage", PickleGlobal storage, string key, ..] })
            {
                var name = storage.Name[(storage.Name.LastIndexOf('.') + 1)..];
                sizes[key] = TorchType.TryParse(name, out var type) ? type.ElementByteSize() : 1;
            }
        }

        return sizes;
    }
}

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
                throw new PickleException(
                    $"the storage '{key}' has {count} elements according to its header, more than the file contains", offset);
            }

            if (!_regions.TryAdd(key, new FileRegion(offset, count * size, null)))
            {
                throw new PickleException($"there are two storages '{key}'", offset);
            }

            offset += count * size;
        }
    }

    public FileRegion Get(StateKey key, long byteLength)
    {
        if (!_regions.TryGetValue(key.ToString(), out var region))
        {
            throw new PickleException($"a tensor refers to the storage '{key}', which does not exist", _offset);
        }

        return region.ByteLength == byteLength
            ? region
            : throw new PickleException($"the storage '{key}' should have {byteLength} bytes and has {region.ByteLength}", region.Offset);
    }
}
