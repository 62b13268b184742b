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

    /// <summary>The blocks that are hashed before the recorded changes of an entry are relied on.</summary>
    private const int Samples = 64;

    /// <summary>In how many saves of a live tensor all of its blocks are hashed once.</summary>
    private const int Shares = 32;

    /// <summary>The length of memory for which hashes and checksum are computed while it is in the processor cache.</summary>
    private const int Stretch = 64 << 10;

    /// <summary>
    /// The hashes of all blocks; those of an earlier state until <see cref="Settle"/>, if only changed blocks are hashed.
    /// </summary>
    private ulong[] _hashes;

    /// <summary>The memory of an entry that other states may share; it never changes. Null for any other.</summary>
    private readonly object? _memory;
    private readonly nint _address;

    /// <summary>The recorded changes of the rows, and the epoch that the hashes are of; null for an entry without.</summary>
    private readonly RowChanges? _history;
    private readonly int _epoch;

    /// <summary>The memory that a capture has copied such an entry to; null for a live one.</summary>
    private readonly object? _copy;

    /// <summary>
    /// Such memories of which all blocks were hashed once, by this state or an earlier one with the same set; null for an entry without
    /// recorded changes. Used by one thread at a time.
    /// </summary>
    private readonly HashSet<object>? _hashedCopies;

    /// <summary>The CRC-32 of each block of an entry whose rows are recorded, to replace that of a changed block in the whole.</summary>
    private uint[]? _crcs;
    private readonly BlockShifts? _shifts;
    private uint _crc;

    /// <summary>Where the hashes of each pending range begin in the two arrays below; null if all blocks are hashed.</summary>
    private int[]? _starts;
    private ulong[] _newHashes = [];
    private uint[] _newCrcs = [];

    private BlockHashes(in StoredTensor entry, int blockSize, long begin, BlockHashes? earlier)
    {
        (ByteLength, BlockSize, Begin) = (entry.ByteLength, blockSize, begin);
        _memory = (entry.Owner as StoragePiece)?.Tensors[0].Storage is ISharedMemory shared ? shared.Memory : null;
        _address = entry.Address;
        (_history, _epoch, _copy) = HistoryOf(entry);
        IsComplete = _memory is not null && earlier is not null && ReferenceEquals(earlier._memory, _memory)
            && earlier._address == _address && earlier.ByteLength == ByteLength && earlier.BlockSize == BlockSize;
        var count = (int)((ByteLength + blockSize - 1) / blockSize);
        if (IsComplete)
        {
            (_hashes, _crc, Pending) = (earlier!._hashes, earlier._crc, []);
            return;
        }

        if (_history is not null && ByteLength > 0)
        {
            _hashedCopies = [];
            _shifts = new BlockShifts(blockSize, ByteLength - ((count - 1L) * blockSize));
            if (earlier is { _crcs: not null } && ReferenceEquals(earlier._history, _history) && earlier.ByteLength == ByteLength
                && earlier.BlockSize == BlockSize)
            {
                earlier.Settle(keepsEarlier: true);
                (_hashes, _crcs, _crc) = (earlier._hashes, earlier._crcs, earlier._crc);

                // Saves are not always written in the order of their captures.
                Pending = ChangedSince(Math.Min(earlier._epoch, _epoch));
                _hashedCopies = earlier._hashedCopies;
                if (AreSamplesSame(entry))
                {
                    AddCopy();
                    IsPartial = true;
                    _starts = StartsOf(Pending, out var changed);
                    (_newHashes, _newCrcs) = (new ulong[changed], new uint[changed]);
                    return;
                }

                // A later save may compare with hashes, or copy into memory, that are older than these.
                _history.Invalidate();
                _hashedCopies = [];
            }

            _crcs = new uint[count];
            AddCopy();
        }

        (_hashes, _crc, Pending) = (new ulong[count], entry.Checksum ?? 0, [(0, count)]);
    }

    public long ByteLength { get; }

    public int BlockSize { get; }

    /// <summary>Gets the offset of the entry in the data of its file.</summary>
    public long Begin { get; }

    public int Count => _hashes.Length;

    /// <summary>Gets a value indicating whether the hashes are known: the memory is that of the earlier state.</summary>
    public bool IsComplete { get; }

    /// <summary>Gets the ranges of blocks to hash, by first block and count.</summary>
    public IReadOnlyList<(int First, int Count)> Pending { get; }

    /// <summary>
    /// Gets a value indicating whether the hashes of other blocks are those of the earlier state, whose rows have not changed.
    /// </summary>
    public bool IsPartial { get; }

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

    /// <summary>Returns the ranges of blocks that may differ from an earlier state.</summary>
    /// <param name="earlier">The hashes of the entry in that state, with as many blocks.</param>
    public IReadOnlyList<(int First, int Count)> MayDiffer(BlockHashes earlier) =>
        _starts is not null && ReferenceEquals(_hashes, earlier._hashes) ? Pending : [(0, Count)];

    /// <summary>Returns true if a block has the hash of the same block of other hashes.</summary>
    /// <param name="range">The number of the range of <see cref="MayDiffer"/>.</param>
    /// <param name="block">The number of the block.</param>
    /// <param name="earlier">The other hashes.</param>
    public bool IsSame(int range, int block, BlockHashes earlier) =>
        earlier._hashes[block] == (_starts is null ? _hashes[block] : _newHashes[_starts[range] + block - Pending[range].First]);

    /// <summary>Completes partial hashes. The earlier ones cannot be used any more, unless they are kept.</summary>
    /// <param name="keepsEarlier">Whether the earlier state is compared with later ones, too.</param>
    public void Settle(bool keepsEarlier)
    {
        if (_starts is null)
        {
            return;
        }

        if (keepsEarlier)
        {
            (_hashes, _crcs) = ([.. _hashes], [.. _crcs!]);
        }

        for (var range = 0; range < Pending.Count; range++)
        {
            var (first, count) = Pending[range];
            _newHashes.AsSpan(_starts[range], count).CopyTo(_hashes.AsSpan(first));
            _newCrcs.AsSpan(_starts[range], count).CopyTo(_crcs.AsSpan(first));
        }

        (_starts, _newHashes, _newCrcs) = (null, [], []);
    }

    /// <summary>Hashes blocks of a pending range. Ranges may be hashed by different threads.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="range">The number of the range.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">The number of blocks.</param>
    public unsafe void Compute(in StoredTensor entry, int range, int first, int count)
    {
        var (hashes, crcs, begin) = _starts is null
            ? (_hashes, _crcs, 0)
            : (_newHashes, _newCrcs, Pending[range].First - _starts[range]);
        var perStretch = Math.Max(1, Stretch / BlockSize);
        var (crc, changed) = (0u, 0u);
        for (var block = first; block < first + count; block += perStretch)
        {
            var end = Math.Min(block + perStretch, first + count);
            var start = (long)block * BlockSize;
            var length = (int)(Math.Min((long)end * BlockSize, ByteLength) - start);
            var bytes = new ReadOnlySpan<byte>((byte*)entry.Address + start, length);
            for (var index = block; index < end; index++)
            {
                var offset = (index - block) * BlockSize;
                var own = bytes.Slice(offset, Math.Min(BlockSize, length - offset));
                hashes[index - begin] = XxHash3.HashToUInt64(own);
                if (crcs is not null)
                {
                    var after = crcs[index - begin] = Crc32.Of(own);
                    changed ^= IsPartial ? _shifts!.Shift(_crcs![index] ^ after, Count - 1 - index) : 0;
                }
            }

            if (entry.Checksum is null && !IsPartial)
            {
                crc = Crc32.Of(bytes, crc);
            }
        }

        if (IsPartial)
        {
            ContentChecksums.Merge(ref _crc, changed);
        }
        else if (entry.Checksum is null)
        {
            var following = ByteLength - Math.Min((long)(first + count) * BlockSize, ByteLength);
            ContentChecksums.Merge(ref _crc, Crc32.Shift(crc, following));
        }

        GC.KeepAlive(entry.Owner);
    }

    /// <summary>
    /// Returns the recorded changes of an entry that is all of its memory, the epoch of its content, and the memory that it was copied to.
    /// </summary>
    private static (RowChanges? Changes, int Epoch, object? Copy) HistoryOf(in StoredTensor entry)
    {
        var storage = (entry.Owner as StoragePiece)?.Tensors[0].Storage;
        if (storage is null || storage.ByteLength != entry.ByteLength || storage.Address != entry.Address)
        {
            return default;
        }

        if (storage is IRowHistory history)
        {
            return (history.History, history.Epoch, history.Memory);
        }

        // A live tensor is saved by the thread that changes it.
        return storage is { IsCaptured: false, Changes: { } changes } && changes.RowCount * changes.RowByteLength == entry.ByteLength
            ? (changes, changes.EndEpoch(), null) : default;
    }

    private void AddCopy()
    {
        if (_copy is not null)
        {
            _hashedCopies!.Add(_copy);
        }
    }

    private static int[] StartsOf(IReadOnlyList<(int First, int Count)> ranges, out int end)
    {
        var starts = new int[ranges.Count];
        end = 0;
        for (var range = 0; range < starts.Length; range++)
        {
            (starts[range], end) = (end, end + ranges[range].Count);
        }

        return starts;
    }

    private List<(int First, int Count)> ChangedSince(int epoch)
    {
        var ranges = new List<(int First, int Count)>();
        var next = 0;
        _history!.Collect(epoch, (row, count) =>
        {
            var first = Math.Max(next, (int)(row * _history.RowByteLength / BlockSize));
            var end = (int)((((row + count) * _history.RowByteLength) + BlockSize - 1) / BlockSize);
            if (end > first)
            {
                ranges.Add((first, end - first));
                next = end;
            }
        });
        return ranges;
    }

    /// <summary>
    /// Hashes some blocks that are not known to have changed, because memory that was written directly, without an operation of libtorch,
    /// may be all of it. A capture compares with what its memory had before; all of it is hashed the first time.
    /// </summary>
    private unsafe bool AreSamplesSame(in StoredTensor entry)
    {
        var step = Math.Max(1, _copy is null ? Math.Min(Shares, Count / Samples) : _hashedCopies!.Contains(_copy) ? Count / Samples : 1);
        var range = 0;
        for (var block = _epoch % step; block < Count; block += step)
        {
            while (range < Pending.Count && Pending[range].First + Pending[range].Count <= block)
            {
                range++;
            }

            var start = (long)block * BlockSize;
            if ((range == Pending.Count || Pending[range].First > block) && _hashes[block] != XxHash3.HashToUInt64(
                new ReadOnlySpan<byte>((byte*)entry.Address + start, (int)Math.Min(BlockSize, ByteLength - start))))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Shifts the CRC-32 of a block of equal ones by the blocks that follow it, of which the last may be shorter.</summary>
/// <param name="blockSize">The length of a block in bytes.</param>
/// <param name="lastSize">The length of the last block in bytes.</param>
internal sealed class BlockShifts(int blockSize, long lastSize)
{
    private const int Digits = 256;

    private readonly uint _last = Crc32Arithmetic.PowerOfX((ulong)lastSize * 8);
    private readonly uint[][] _powers = [.. Enumerable.Range(0, 4).Select(digit => PowersOf(
        Crc32Arithmetic.PowerOfX(((ulong)blockSize * 8) << (8 * digit))))];

    /// <summary>Returns the contribution of a block to the CRC of all.</summary>
    /// <param name="crc">The CRC of the block.</param>
    /// <param name="following">The number of blocks after it.</param>
    public uint Shift(uint crc, int following)
    {
        if (following == 0)
        {
            return crc;
        }

        crc = Crc32Arithmetic.Multiply(_last, crc);
        var (left, digit) = (following - 1, 0);
        for (; left > 0; left >>= 8, digit++)
        {
            crc = Crc32Arithmetic.Multiply(_powers[digit][left & (Digits - 1)], crc);
        }

        return crc;
    }

    private static uint[] PowersOf(uint power)
    {
        var powers = new uint[Digits];
        powers[0] = Crc32Arithmetic.PowerOfX(0);
        for (var index = 1; index < Digits; index++)
        {
            powers[index] = Crc32Arithmetic.Multiply(powers[index - 1], power);
        }

        return powers;
    }
}

/// <summary>A captured storage whose rows are recorded while they are live.</summary>
internal interface IRowHistory
{
    /// <summary>Gets the changes of the rows.</summary>
    RowChanges History { get; }

    /// <summary>Gets the epoch up to which changes are in the storage.</summary>
    int Epoch { get; }

    /// <summary>Gets an object that stands for the memory, which a later capture into it shares.</summary>
    object Memory { get; }
}

/// <summary>A storage whose memory captured states share while it is unchanged.</summary>
internal interface ISharedMemory
{
    /// <summary>Gets the memory, which never changes.</summary>
    object Memory { get; }
}
