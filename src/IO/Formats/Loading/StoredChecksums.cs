using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Compares the bytes of a mapped state with the checksums of its file, a few megabytes of memory at a time.</summary>
internal static class StoredChecksums
{
    private const int PieceSize = 1 << 20;
    private const long StretchSize = 64 << 20;

    /// <summary>Reads every stretch of the file that a tensor lies in.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="state">The state, loaded from it with <see cref="LoadOptions.Mapped"/>.</param>
    /// <param name="onRead">Told how many bytes were read, from several threads at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many checksums were compared; zero where the file has none.</returns>
    /// <exception cref="CheckpointCorruptException">One differs; the exception names the first tensor by its place in the file.</exception>
    public static int Verify(StorageReader reader, TrainingState state, Action<long> onRead, CancellationToken cancellationToken)
    {
        var regions = Regions(state).OrderBy(found => found.Region.Offset).ToList();

        // PyTorch can be told to leave checksums out and then writes zeros.
        var hasChecksums = regions.Exists(found => found.Region.Crc is not (null or 0));
        var compared = regions.Count(found => hasChecksums && found.Region.Crc is not null);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, reader.Concurrency), CancellationToken = cancellationToken };
        var checksums = new uint[regions.Count];
        Parallel.ForEach(Stretches(regions), options, stretch =>
        {
            var region = regions[stretch.Index].Region;
            var crc = Read(reader, region.Offset + stretch.Start, stretch.Length, onRead, cancellationToken);
            ContentChecksums.Merge(ref checksums[stretch.Index], Crc32.Shift(crc, region.ByteLength - stretch.Start - stretch.Length));
        });
        for (var index = 0; hasChecksums && index < regions.Count; index++)
        {
            if (regions[index].Region.Crc is { } expected && checksums[index] != expected)
            {
                throw Damaged(reader, regions[index].Region, regions[index].Tensor, checksums[index]);
            }
        }

        return compared;
    }

    /// <summary>Large tensors in parts, so that several threads read one.</summary>
    private static IEnumerable<(int Index, long Start, long Length)> Stretches(List<(FileRegion Region, string Tensor)> regions)
    {
        for (var index = 0; index < regions.Count; index++)
        {
            for (var start = 0L; start < regions[index].Region.ByteLength; start += StretchSize)
            {
                yield return (index, start, Math.Min(StretchSize, regions[index].Region.ByteLength - start));
            }
        }
    }

    /// <summary>The stretches with the path of the first tensor in each.</summary>
    private static IEnumerable<(FileRegion Region, string Tensor)> Regions(TrainingState state)
    {
        var seen = new HashSet<FileRegion>(ReferenceEqualityComparer.Instance);
        foreach (var (path, tensor) in state.Tensors())
        {
            if (tensor.Storage is MappedTensorStorage { Region: var region } && seen.Add(region))
            {
                yield return (region, path);
            }
        }
    }

    private static uint Read(StorageReader reader, long offset, long length, Action<long> onRead, CancellationToken cancellationToken)
    {
        var crc = 0u;
        var buffer = new byte[(int)Math.Min(PieceSize, length)];
        for (var done = 0L; done < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done));
            reader.Read(offset + done, piece);
            crc = Crc32.Of(piece, crc);
            done += piece.Length;
            onRead(piece.Length);
        }

        return crc;
    }

    private static CheckpointCorruptException Damaged(StorageReader reader, FileRegion region, string tensor, uint found) =>
        new($"The checkpoint '{reader.Path}' is damaged: the tensor '{tensor}' (bytes {region.Offset} to {region.Offset + region.ByteLength}) has the checksum {found:X8} and should have {region.Crc:X8}. Load an older one.", reader.Path)
        {
            Tensor = tensor,
            Offset = region.Offset,
        };
}
