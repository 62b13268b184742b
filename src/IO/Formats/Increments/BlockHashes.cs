using System.IO.Hashing;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The 64-bit hashes of the blocks of one entry: rows, groups of small rows, or pieces of large ones. A changed block has an equal hash
/// with a probability of 2^-64; the checksum of the entry would then refuse the file.
/// </summary>
internal sealed class BlockHashes
{
    private const int SmallestBlock = 256;
    private const int LargestBlock = 4096;

    /// <summary>The length of memory for which hashes and checksum are computed while it is in the processor cache.</summary>
    private const int Stretch = 64 << 10;

    private readonly ulong[] _hashes;

    /// <summary>The memory of an entry that other states may share; it never changes. Null for any other.</summary>
    private readonly object? _memory;
    private readonly nint _address;
    private uint _crc;

    private BlockHashes(in StoredTensor entry, int blockSize, long begin, BlockHashes? earlier)
    {
        (ByteLength, BlockSize, Begin) = (entry.ByteLength, blockSize, begin);
        _memory = (entry.Owner as StoragePiece)?.Tensors[0].Storage is ISharedMemory shared ? shared.Memory : null;
        _address = entry.Address;
        IsComplete = _memory is not null && earlier is not null && ReferenceEquals(earlier._memory, _memory)
            && earlier._address == _address && earlier.ByteLength == ByteLength && earlier.BlockSize == BlockSize;
        (_hashes, _crc) = IsComplete
            ? (earlier!._hashes, earlier._crc)
            : (new ulong[(ByteLength + blockSize - 1) / blockSize], entry.Checksum ?? 0);
    }

    public long ByteLength { get; }

    public int BlockSize { get; }

    /// <summary>Gets the offset of the entry in the data of its file.</summary>
    public long Begin { get; }

    public int Count => _hashes.Length;

    /// <summary>Gets a value indicating whether the hashes are known: the memory is that of the earlier state.</summary>
    public bool IsComplete { get; }

    /// <summary>Gets the CRC-32 of the entry, after all blocks were hashed.</summary>
    public uint Crc => _crc;

    /// <summary>Creates the hashes of an entry, still without values unless they are complete.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="begin">Its offset in the data of its file.</param>
    /// <param name="earlier">The hashes of the entry of this name in an earlier state, or null.</param>
    public static BlockHashes For(in StoredTensor entry, long begin, BlockHashes? earlier)
    {
        var rowLength = entry.Shape.Length > 1 && entry.Shape[0] > 0 ? entry.ByteLength / entry.Shape[0] : 0;
        var blockSize = rowLength switch
        {
            0 or > LargestBlock => LargestBlock,
            < SmallestBlock => (SmallestBlock + rowLength - 1) / rowLength * rowLength,
            _ => rowLength,
        };
        return new BlockHashes(entry, (int)blockSize, begin, earlier);
    }

    /// <summary>Returns true if a block has the hash of the same block of other hashes.</summary>
    public bool IsSame(int block, BlockHashes other) => _hashes[block] == other._hashes[block];

    /// <summary>Hashes a range of blocks. Ranges may be hashed by different threads.</summary>
    public unsafe void Compute(in StoredTensor entry, int first, int count)
    {
        var perStretch = Math.Max(1, Stretch / BlockSize);
        var crc = 0u;
        for (var block = first; block < first + count; block += perStretch)
        {
            var end = Math.Min(block + perStretch, first + count);
            var start = (long)block * BlockSize;
            var length = (int)(Math.Min((long)end * BlockSize, ByteLength) - start);
            var bytes = new ReadOnlySpan<byte>((byte*)entry.Address + start, length);
            for (var index = block; index < end; index++)
            {
                var offset = (index - block) * BlockSize;
                _hashes[index] = XxHash3.HashToUInt64(bytes.Slice(offset, Math.Min(BlockSize, length - offset)));
            }

            if (entry.Checksum is null)
            {
                crc = Crc32.Of(bytes, crc);
            }
        }

        if (entry.Checksum is null)
        {
            var following = ByteLength - Math.Min((long)(first + count) * BlockSize, ByteLength);
            ContentChecksums.Merge(ref _crc, Crc32.Shift(crc, following));
        }

        GC.KeepAlive(entry.Owner);
    }
}

/// <summary>A storage whose memory captured states share while it is unchanged.</summary>
internal interface ISharedMemory
{
    /// <summary>Gets the memory, which never changes.</summary>
    object Memory { get; }
}
