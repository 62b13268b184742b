using System.Buffers;
using System.Runtime.ExceptionServices;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Verifies the bytes of a file against its checksums, with little memory at a time.</summary>
internal static class StoredChecksums
{
    private const int BufferSize = 256 << 10;

    /// <summary>The length of the parts in which large regions are read, so that several threads can read one.</summary>
    private const long StretchSize = 16 << 20;

    /// <summary>The maximum gap between small regions that are read together.</summary>
    private const int MaxGap = 4 << 10;

    /// <summary>Returns true if there are checksums. PyTorch writes zeros when checksums are disabled.</summary>
    public static bool Has(List<FileRegion> regions) => regions.Exists(region => region.Crc is not (null or 0));

    /// <summary>Reads and verifies every region of the file that holds a tensor.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="state">
    /// The state, loaded from the file with <see cref="LoadOptions.Mapped"/> and <see cref="LoadOptions.Deferred"/>: the latter for files
    /// that cannot be mapped.
    /// </param>
    /// <param name="onRead">Receives the number of bytes read; called from several threads.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The number of verified checksums; zero if the file has none.</returns>
    /// <exception cref="CheckpointCorruptException">A checksum does not match; the first such tensor in file order is named.</exception>
    public static int Verify(StorageReader reader, TrainingState state, Action<long> onRead, CancellationToken cancellationToken)
    {
        var found = Regions(state).OrderBy(found => found.Region.Offset).ToList();
        reader = found.Select(found => found.Reader).FirstOrDefault() ?? reader;
        var regions = found.ConvertAll(found => found.Region);
        var checksums = Compute(reader, regions, onRead, cancellationToken);
        var hasChecksums = Has(regions);
        for (var index = 0; hasChecksums && index < regions.Count; index++)
        {
            if (regions[index].Crc is { } expected && checksums[index] != expected)
            {
                throw Damaged(reader, regions[index], found[index].Tensor, checksums[index]);
            }
        }

        return regions.Count(region => hasChecksums && region.Crc is not null);
    }

    /// <summary>Returns the CRC-32 of each region.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="regions">The regions in file order.</param>
    /// <param name="onRead">Receives the number of bytes read; called from several threads.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public static uint[] Compute(StorageReader reader, List<FileRegion> regions, Action<long> onRead, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Max(1, reader.Concurrency),
            CancellationToken = cancellationToken,
        };
        var checksums = new uint[regions.Count];
        try
        {
            Parallel.ForEach(Divide(regions), options, Read);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        return checksums;

        void Read(Stretch stretch)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            if (stretch.Count > 1)
            {
                ReadTogether(stretch, buffer);
            }
            else
            {
                ReadPart(stretch, buffer);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        void ReadTogether(Stretch stretch, byte[] buffer)
        {
            var (first, last) = (regions[stretch.First], regions[stretch.First + stretch.Count - 1]);
            reader.Read(first.Offset, buffer.AsSpan(0, (int)(last.Offset + last.ByteLength - first.Offset)));
            for (var index = stretch.First; index < stretch.First + stretch.Count; index++)
            {
                checksums[index] = Crc32.Of(buffer.AsSpan((int)(regions[index].Offset - first.Offset), (int)regions[index].ByteLength));
                onRead(regions[index].ByteLength);
            }
        }

        void ReadPart(Stretch stretch, byte[] buffer)
        {
            var region = regions[stretch.First];
            var end = Math.Min(stretch.Start + StretchSize, region.ByteLength);
            var crc = 0u;
            for (var done = stretch.Start; done < end;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var piece = buffer.AsSpan(0, (int)Math.Min(BufferSize, end - done));
                reader.Read(region.Offset + done, piece);
                crc = Crc32.Of(piece, crc);
                done += piece.Length;
                onRead(piece.Length);
            }

            ContentChecksums.Merge(ref checksums[stretch.First], Crc32.Shift(crc, region.ByteLength - end));
        }
    }

    /// <summary>Splits large regions into parts and combines small ones.</summary>
    private static IEnumerable<Stretch> Divide(List<FileRegion> regions)
    {
        for (var index = 0; index < regions.Count;)
        {
            var first = index++;
            var start = regions[first].Offset;
            while (index < regions.Count && regions[index].Offset + regions[index].ByteLength - start <= BufferSize
                && IsClose(regions[index - 1], regions[index]))
            {
                index++;
            }

            if (index - first > 1)
            {
                yield return new Stretch(first, index - first, 0);
                continue;
            }

            for (var part = 0L; part < regions[first].ByteLength; part += StretchSize)
            {
                yield return new Stretch(first, 1, part);
            }
        }
    }

    private static bool IsClose(FileRegion before, FileRegion next) =>
        next.Offset - (before.Offset + before.ByteLength) is >= 0 and <= MaxGap;

    /// <summary>Returns the regions, each with the path of its first tensor, and the reader of a file that is not mapped.</summary>
    private static IEnumerable<(FileRegion Region, string Tensor, StorageReader? Reader)> Regions(TrainingState state)
    {
        var seen = new HashSet<FileRegion>(ReferenceEqualityComparer.Instance);
        foreach (var (path, tensor) in state.Tensors())
        {
            if (tensor.Storage is FileRegion region && seen.Add(region))
            {
                yield return (region, path, region.File?.Reader);
            }
        }
    }

    private static CheckpointCorruptException Damaged(StorageReader reader, FileRegion region, string tensor, uint found) =>
        new(
            $"The checkpoint '{reader.Path}' is damaged: the tensor '{tensor}' (bytes {region.Offset} to "
                + $"{region.Offset + region.ByteLength}) has the checksum {found:X8} and should have {region.Crc:X8}. Load an older one.",
            reader.Path)
        {
            Tensor = tensor,
            Offset = region.Offset,
        };

    /// <summary>
    /// A unit of work: several whole regions, or a part of one. A class, because .NET has compiled code of <see cref="Parallel"/> for
    /// classes only.
    /// </summary>
    private sealed record Stretch(int First, int Count, long Start);
}
