using System.Text;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Reads a <c>torch.save</c> file into a state.</summary>
internal sealed class TorchReader(StorageReader reader, LoadOptions options, CancellationToken cancellationToken)
{
    private const string PickleName = "data.pkl";
    private const int PieceSize = 256 << 10;

    /// <summary>Gets the names of the classes loaded as placeholders; set by <see cref="Read"/>.</summary>
    public IReadOnlyCollection<string> Placeholders { get; private set; } = [];

    /// <summary>Reads the file.</summary>
    public TrainingState Read()
    {
        try
        {
            return ReadKnown();
        }
        catch (PickleException exception)
        {
            throw Corrupt(exception.Message, exception.Offset, exception.Place, exception.IsTensor);
        }
    }

    private TrainingState ReadKnown()
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(reader.Length, 2)];
        reader.Read(0, start);
        return start switch
        {
            [(byte)'P', (byte)'K'] => ReadZip(),
            [(byte)PickleOpcode.Protocol, <= 5] => ReadLegacy(),
            _ => throw Corrupt("it does not start like a torch file", 0),
        };
    }

    private TrainingState ReadLegacy()
    {
        var (made, storages) = LegacyFile.Read(reader);
        using var loader = new RegionLoader(reader, options);
        return loader.Load(ReadTree(made, storages, loader, 0), cancellationToken);
    }

    private TrainingState ReadZip()
    {
        using var directory = new ZipDirectoryReader(reader).Read();
        if (!directory.IsCompressed)
        {
            return ReadZip(directory);
        }

        using var inflated = new InflatedReader(reader, directory, cancellationToken);
        var plain = new TorchReader(inflated, options, cancellationToken);
        var state = plain.ReadZip(inflated.Directory);
        Placeholders = plain.Placeholders;
        return state;
    }

    private TrainingState ReadZip(ZipDirectory directory)
    {
        var pickle = FindPickle(directory);
        var prefix = directory.TextOf(pickle)[..^PickleName.Length];
        ThrowIfForeign(directory, prefix);
        Verify(pickle, prefix + PickleName);
        var storages = new ZipStorages(directory, $"{prefix}data/", pickle.DataOffset);
        using var loader = new RegionLoader(reader, options);
        var input = new PickleInput(reader, pickle.DataOffset, pickle.DataOffset + pickle.Length)
        {
            StoredLength = pickle.StoredLength,
        };
        return loader.Load(
            ReadTree(new PickleMachine(input, new TorchMaker()).Run(), storages, loader, pickle.DataOffset), cancellationToken);
    }

    private ZipEntry FindPickle(ZipDirectory directory)
    {
        var found = new List<ZipEntry>();
        for (var index = 0; index < directory.Count; index++)
        {
            var name = directory.NameOf(directory[index]);
            if (name.EndsWith("/data.pkl"u8) || name.SequenceEqual("data.pkl"u8))
            {
                found.Add(directory[index]);
            }
        }

        return found switch
        {
            [var only] => only,
            [] => throw Corrupt($"it is a zip without an entry '{PickleName}', so not one of torch.save", 0),
            _ => throw Corrupt($"it has {found.Count} entries '{PickleName}'", found[1].HeaderOffset),
        };
    }

    private void ThrowIfForeign(ZipDirectory directory, string prefix)
    {
        if (directory.Find(Encoding.UTF8.GetBytes(prefix + "byteorder")) is >= 0 and var index)
        {
            var order = directory[index];
            Span<byte> bytes = stackalloc byte[(int)Math.Min(order.Length, 6)];
            reader.Read(order.DataOffset, bytes);
            if (!bytes.SequenceEqual("little"u8) || order.Length != bytes.Length)
            {
                throw bytes.SequenceEqual("big"u8)
                    ? Corrupt("its numbers are big-endian; save it again on a little-endian machine", order.DataOffset)
                    : Corrupt("its entry 'byteorder' is neither 'little' nor 'big'", order.DataOffset);
            }
        }
    }

    private void Verify(in ZipEntry entry, string name)
    {
        if (entry.Length > PickleLimits.MaxBytes)
        {
            throw Corrupt($"its entry '{name}' has {entry.Length} bytes", entry.DataOffset);
        }

        if (!options.Verify)
        {
            return;
        }

        var crc = 0u;
        using var buffer = new PooledArray<byte>((int)Math.Min(entry.Length, PieceSize));
        for (var done = 0L; done < entry.Length;)
        {
            var piece = buffer.Span[..(int)Math.Min(PieceSize, entry.Length - done)];
            reader.Read(entry.DataOffset + done, piece);
            crc = Crc32.Of(piece, crc);
            done += piece.Length;
        }

        if (crc != entry.Crc && entry.Crc != 0)
        {
            throw Corrupt($"the checksum of the entry '{name}' is {crc:X8} and should be {entry.Crc:X8}", entry.DataOffset);
        }
    }

    private StateMap ReadTree(object? made, ITorchStorages storages, RegionLoader loader, long offset)
    {
        var tree = new TorchTree(storages, loader, new LoadSelection(options), offset);
        var root = tree.ConvertAll(made);
        Placeholders = tree.Placeholders;
        return root as StateMap ?? new StateMap { ["data"] = root };
    }

    private CheckpointCorruptException Corrupt(string found, long offset, string? place = null, bool isTensor = false) =>
        new(
            $"The checkpoint '{reader.Path}' cannot be read: {(place is null ? string.Empty : $"at '{place}', ")}{found} (byte {offset}).",
            reader.Path)
        {
            Tensor = isTensor ? place : null,
            Offset = offset,
        };
}
