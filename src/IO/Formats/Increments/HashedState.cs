using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>The layout of a state as a safetensors file, with the header of that file and the hashes of its blocks.</summary>
internal sealed class HashedState
{
    private const int MaxThreads = 4;

    /// <summary>The length of memory that a thread hashes at a time.</summary>
    private const int Share = 4 << 20;

    private readonly Dictionary<string, BlockHashes> _hashes;
    private IReadOnlyList<StoredTensor> _entries;

    /// <summary>Hashes a state.</summary>
    /// <param name="state">The state; it does not change until its file has been written.</param>
    /// <param name="earlier">The last written state, or null.</param>
    /// <exception cref="NotSupportedException">The format does not support a value in the state.</exception>
    public HashedState(TrainingState state, HashedState? earlier)
    {
        var layout = new SafetensorsLayout(state);
        _entries = layout.Entries;
        _hashes = new Dictionary<string, BlockHashes>(_entries.Count, StringComparer.Ordinal);
        foreach (var entry in _entries)
        {
            _hashes.Add(entry.Name, BlockHashes.For(entry, DataLength, earlier?._hashes.GetValueOrDefault(entry.Name)));
            DataLength += entry.ByteLength;
        }

        Compute();
        Header = SafetensorsWriter.Complete(state, layout, entry => _hashes[entry.Name].Crc);
        GC.KeepAlive(state);
    }

    /// <summary>Gets the header of the complete file, with all checksums.</summary>
    public byte[] Header { get; }

    /// <summary>Gets the length of the data of the complete file.</summary>
    public long DataLength { get; }

    /// <summary>
    /// Gets a value indicating whether some hashes are those of the last written state, because no change of these blocks was recorded.
    /// Memory that was written directly then differs from its hash, so only an increment, which leaves such blocks to its base, has the
    /// checksums of its bytes.
    /// </summary>
    public bool IsPartial => _hashes.Values.Any(hashes => hashes.IsPartial);

    /// <summary>Gets the number of bytes that were hashed: all but those that are known not to have changed.</summary>
    public long HashedBytes { get; private set; }

    /// <summary>Gets the length of the complete file.</summary>
    public long FileLength => Header.Length + DataLength;

    /// <summary>Lays out the complete file. The hashes must not be partial.</summary>
    public FileContent ToFile()
    {
        var content = new FileContent(_entries.Count + 1);
        content.Add(Header);
        foreach (var entry in _entries)
        {
            content.AddMemory(entry.Address, entry.ByteLength, entry.Owner, _hashes[entry.Name].Crc);
        }

        return content;
    }

    /// <summary>Compares with an earlier state.</summary>
    public IncrementLayout ChangesSince(HashedState earlier)
    {
        var changes = new IncrementLayout(Header);
        foreach (var entry in _entries)
        {
            var hashes = _hashes[entry.Name];
            if (earlier._hashes.TryGetValue(entry.Name, out var before) && before.ByteLength == hashes.ByteLength
                && before.BlockSize == hashes.BlockSize)
            {
                AddBlocks(changes, entry, hashes, before);
            }
            else
            {
                changes.AddChanged(entry, 0, entry.ByteLength);
            }
        }

        return changes;
    }

    /// <summary>
    /// Releases the memory of the state and keeps the hashes, to compare with a later state. The earlier state cannot be used any more,
    /// unless it is kept.
    /// </summary>
    /// <param name="keepsEarlier">Whether the earlier state is compared with later ones, too.</param>
    public void ReleaseState(bool keepsEarlier)
    {
        _entries = [];
        foreach (var hashes in _hashes.Values)
        {
            hashes.Settle(keepsEarlier);
        }
    }

    private static void AddBlocks(IncrementLayout changes, in StoredTensor entry, BlockHashes hashes, BlockHashes before)
    {
        var ranges = hashes.MayDiffer(before);
        var end = 0;
        for (var range = 0; range < ranges.Count; range++)
        {
            var block = ranges[range].First;
            Keep(end, block);
            end = block + ranges[range].Count;
            while (block < end)
            {
                var (first, isSame) = (block, hashes.IsSame(range, block, before));
                while (++block < end && hashes.IsSame(range, block, before) == isSame)
                {
                }

                if (isSame)
                {
                    Keep(first, block);
                }
                else
                {
                    changes.AddChanged(entry, Offset(first), Offset(block) - Offset(first));
                }
            }
        }

        Keep(end, hashes.Count);

        void Keep(int first, int end) => changes.AddKept(before.Begin + Offset(first), Offset(end) - Offset(first));

        long Offset(int block) => Math.Min((long)block * hashes.BlockSize, hashes.ByteLength);
    }

    private void Compute()
    {
        var all = _entries.Select(entry => _hashes[entry.Name]).ToArray();
        var work = new List<(int Entry, int Range, int First, int Count)>();

        // A thread takes several ranges at once: those of single rows are many and short.
        var (turns, length) = (new List<int>(), (long)Share);
        for (var index = 0; index < all.Length; index++)
        {
            var (pending, blockSize) = (all[index].Pending, (long)all[index].BlockSize);
            var share = (int)Math.Max(1, Share / blockSize);
            for (var range = 0; range < pending.Count; range++)
            {
                var (begin, end) = (pending[range].First, pending[range].First + pending[range].Count);
                HashedBytes += (end - begin) * blockSize;
                for (var first = begin; first < end; first += share)
                {
                    if (length >= Share)
                    {
                        turns.Add(work.Count);
                        length = 0;
                    }

                    var count = Math.Min(share, end - first);
                    work.Add((index, range, first, count));
                    length += count * blockSize;
                }
            }
        }

        turns.Add(work.Count);
        var (next, failed) = (-1, false);
        var threads = Math.Clamp((int)(HashedBytes / Share), 1, Math.Min(MaxThreads, Environment.ProcessorCount));
        ParallelThreads.Run(
            threads,
            () =>
            {
                for (var turn = Interlocked.Increment(ref next); turn < turns.Count - 1 && !Volatile.Read(ref failed);
                    turn = Interlocked.Increment(ref next))
                {
                    for (var item = turns[turn]; item < turns[turn + 1]; item++)
                    {
                        var (entry, range, first, count) = work[item];
                        all[entry].Compute(_entries[entry], range, first, count);
                    }
                }
            },
            () => Volatile.Write(ref failed, true));
    }
}
