using System.IO.Hashing;

namespace Fulgurite.IO;

/// <summary>
/// The 64-bit hashes of the blocks of one entry: rows, groups of small rows, or pieces of large ones. A changed block has an equal hash with
/// a probability of 2^-64; the checksum of the entry would then refuse the file.
/// </summary>
/// <param name="byteLength">The length of the entry, in bytes.</param>
/// <param name="blockSize">The length of a block, in bytes; the last block may be shorter.</param>
/// <param name="begin">The offset of the entry in the data of its file.</param>
internal sealed class BlockHashes(long byteLength, int blockSize, long begin)
{
    private const int SmallestBlock = 256;
    private const int LargestBlock = 4096;

    /// <summary>The length of memory for which hashes and checksum are computed while it is in the processor cache.</summary>
    private const int Stretch = 64 << 10;

    private readonly ulong[] _hashes = new ulong[(byteLength + blockSize - 1) / blockSize];
    private uint _crc;

    public long ByteLength => byteLength;

    public int BlockSize => blockSize;

    public long Begin => begin;

    public int Count => _hashes.Length;

    /// <summary>Gets the CRC-32 of the entry, after all blocks were hashed.</summary>
    public uint Crc => _crc;

    /// <summary>Creates the hashes of an entry, still without values.</summary>
    public static BlockHashes For(in StoredTensor entry, long begin)
    {
        var rowLength = entry.Shape.Length > 1 && entry.Shape[0] > 0 ? entry.ByteLength / entry.Shape[0] : 0;
        var blockSize = rowLength switch
        {
            0 or > LargestBlock => LargestBlock,
            < SmallestBlock => (SmallestBlock + rowLength - 1) / rowLength * rowLength,
            _ => rowLength,
        };
        return new BlockHashes(entry.ByteLength, (int)blockSize, begin) { _crc = entry.Checksum ?? 0 };
    }

    /// <summary>Returns true if a block has the hash of the same block of other hashes.</summary>
    public bool IsSame(int block, BlockHashes other) => _hashes[block] == other._hashes[block];

    /// <summary>Hashes a range of blocks. Ranges may be hashed by different threads.</summary>
    public unsafe void Compute(in StoredTensor entry, int first, int count)
    {
        var perStretch = Math.Max(1, Stretch / blockSize);
        var crc = 0u;
        for (var block = first; block < first + count; block += perStretch)
        {
            var end = Math.Min(block + perStretch, first + count);
            var start = (long)block * blockSize;
            var length = (int)(Math.Min((long)end * blockSize, byteLength) - start);
            var bytes = new ReadOnlySpan<byte>((byte*)entry.Address + start, length);
            for (var index = block; index < end; index++)
            {
                var offset = (index - block) * blockSize;
                _hashes[index] = XxHash3.HashToUInt64(bytes.Slice(offset, Math.Min(blockSize, length - offset)));
            }

            if (entry.Checksum is null)
            {
                crc = Crc32.Of(bytes, crc);
            }
        }

        if (entry.Checksum is null)
        {
            var following = byteLength - Math.Min((long)(first + count) * blockSize, byteLength);
            ContentChecksums.Merge(ref _crc, Crc32.Shift(crc, following));
        }

        GC.KeepAlive(entry.Owner);
    }
}
