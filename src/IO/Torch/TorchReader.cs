using Fulgurite.IO.Integrity;
using Fulgurite.IO.Pickle;
using Fulgurite.IO.Storage;
using Fulgurite.State;

namespace Fulgurite.IO.Torch;

/// <summary>Reads a file of <c>torch.save</c> into a state.</summary>
internal sealed class TorchReader(StorageReader reader, LoadOptions options, CancellationToken cancellationToken)
{
    private const string PickleName = "data.pkl";

    /// <summary>The names of the classes that became placeholders; set by <see cref="Read"/>.</summary>
    public IReadOnlyCollection<string> Placeholders { get; private set; } = [];

    /// <summary>Reads the file.</summary>
    public TrainingState Read()
    {
        try
        {
            return ReadZip();
        }
        catch (PickleException exception)
        {
            throw Corrupt(exception.Message, exception.Offset);
        }
    }

    private TrainingState ReadZip()
    {
        var entries = new ZipDirectoryReader(reader).Read();
        var pickle = FindPickle(entries);
        var prefix = pickle.Name[..^PickleName.Length];
        ThrowIfForeign(entries, prefix);
        Verify(pickle);
        var storages = new ZipStorages(entries, $"{prefix}data/", pickle.DataOffset);
        var root = ReadTree(pickle, storages);
        ReadStorages(root, storages.Used);
        return TrainingState.Captured(root);
    }

    private ZipEntry FindPickle(Dictionary<string, ZipEntry> entries)
    {
        var found = entries.Values.Where(entry => entry.Name == PickleName || entry.Name.EndsWith('/' + PickleName, StringComparison.Ordinal)).ToList();
        return found switch
        {
            [var only] => only,
            [] => throw Corrupt($"it is a zip without an entry '{PickleName}', so not one of torch.save", 0),
            _ => throw Corrupt($"it has {found.Count} entries '{PickleName}'", found[1].HeaderOffset),
        };
    }

    private void ThrowIfForeign(Dictionary<string, ZipEntry> entries, string prefix)
    {
        if (entries.ContainsKey(prefix + "constants.pkl"))
        {
            throw Corrupt("it is a TorchScript program, not a checkpoint; export the weights with torch.save(module.state_dict(), ...)", 0);
        }

        if (entries.TryGetValue(prefix + "byteorder", out var order))
        {
            Span<byte> bytes = stackalloc byte[6];
            var isLittle = order.Length == bytes.Length;
            if (isLittle)
            {
                reader.Read(order.DataOffset, bytes);
                isLittle = bytes.SequenceEqual("little"u8);
            }

            if (!isLittle)
            {
                throw Corrupt("its numbers are not little-endian; save it again on a little-endian machine", order.DataOffset);
            }
        }
    }

    private void Verify(ZipEntry entry)
    {
        if (entry.Length > PickleLimits.MaxBytes)
        {
            throw Corrupt($"its entry '{entry.Name}' has {entry.Length} bytes", entry.DataOffset);
        }

        if (!options.Verify)
        {
            return;
        }

        var crc = 0u;
        var buffer = new byte[(int)Math.Min(entry.Length, 1 << 20)];
        for (var done = 0L; done < entry.Length;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, entry.Length - done));
            reader.Read(entry.DataOffset + done, piece);
            crc = Crc32.Of(piece, crc);
            done += piece.Length;
        }

        if (crc != entry.Crc && entry.Crc != 0)
        {
            throw Corrupt($"the checksum of the entry '{entry.Name}' is {crc:X8} and should be {entry.Crc:X8}", entry.DataOffset);
        }
    }

    private StateMap ReadTree(ZipEntry pickle, ZipStorages storages)
    {
        var input = new PickleInput(reader, pickle.DataOffset, pickle.DataOffset + pickle.Length);
        var tree = new TorchTree(storages, pickle.DataOffset);
        var root = tree.Convert(new PickleMachine(input).Run());
        Placeholders = tree.Placeholders;
        return root as StateMap ?? new StateMap { ["data"] = root };
    }

    private void ReadStorages(StateMap root, IReadOnlyCollection<TorchStorage> storages)
    {
        var used = storages.Where(storage => storage.Memory is not null && storage.ByteLength > 0).OrderBy(storage => storage.Offset).ToList();
        var reads = used.ConvertAll(storage => new FileRead(storage.Offset, storage.Memory!.Address, storage.ByteLength));
        ParallelReads.Run(reader, reads, options.Verify, cancellationToken);
        if (!options.Verify || used.TrueForAll(storage => storage.Crc == 0))
        {
            // PyTorch can be told to leave checksums out; it then writes zeros.
            return;
        }

        for (var index = 0; index < used.Count; index++)
        {
            var crc = reads[index].Checksum.Value;
            if (crc != used[index].Crc)
            {
                throw CorruptTensor(root, used[index], crc);
            }
        }
    }

    private CheckpointCorruptException CorruptTensor(StateMap root, TorchStorage storage, uint crc)
    {
        var tensors = TrainingState.Captured(root).Tensors().Where(tensor => ReferenceEquals(tensor.Value.Storage, storage.Memory)).Select(tensor => tensor.Key).ToList();
        return new CheckpointCorruptException(
            $"The checkpoint '{reader.Path}' is damaged: the tensor '{string.Join("', '", tensors)}' (bytes {storage.Offset} to {storage.Offset + storage.ByteLength}) has the checksum {crc:X8} and should have {storage.Crc:X8}. Load an older one.",
            reader.Path)
        {
            Tensor = tensors.FirstOrDefault(),
            Offset = storage.Offset,
        };
    }

    private CheckpointCorruptException Corrupt(string found, long offset) =>
        new($"The checkpoint '{reader.Path}' cannot be read: {found} (byte {offset}).", reader.Path) { Offset = offset };
}
