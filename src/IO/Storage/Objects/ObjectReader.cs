using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>
/// Reads an object in ranges of the part size; a few of them are kept, so that small tensors share a request, and their memory is reused.
/// Once all ranges have been read, they are compared with the checksum of the store.
/// </summary>
internal sealed class ObjectReader(string path, ObjectInfo info, int blockSize, int concurrency, Action<long, byte[]> read)
    : StorageReader(path)
{
    private readonly ConcurrentDictionary<long, Block> _blocks = new();
    private readonly ConcurrentQueue<long> _order = new();
    private readonly ConcurrentBag<byte[]> _unused = [];
    private readonly int[] _isRead = new int[info.Checksum is null ? 0 : (info.Length + blockSize - 1) / blockSize];
    private uint _checksum;
    private int _readCount;

    public override int Concurrency => concurrency;

    public override long Length => info.Length;

    // Shorter pieces would have two threads wait for one request.
    internal override int PieceSize => blockSize;

    public override void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw EndOfFile(offset, destination.Length);
        }

        while (!destination.IsEmpty)
        {
            var number = offset / blockSize;
            var start = (int)(offset - (number * blockSize));
            var count = (int)Math.Min(destination.Length, Math.Min(blockSize, Length - (number * blockSize)) - start);
            Copy(number, start, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _blocks.Clear();
        _unused.Clear();
    }

    private void Copy(long number, int start, Span<byte> destination)
    {
        var block = Use(number);
        try
        {
            block.Bytes.AsSpan(start, destination.Length).CopyTo(destination);
        }
        catch
        {
            _blocks.TryRemove(KeyValuePair.Create(number, block));
            throw;
        }
        finally
        {
            Release(block);
        }
    }

    private Block Use(long number)
    {
        while (true)
        {
            var made = new Block(() => Fetch(number));
            var block = _blocks.GetOrAdd(number, made);
            if (!block.TryUse())
            {
                // Dropped meanwhile, and its memory may be in use for another range.
                _blocks.TryRemove(KeyValuePair.Create(number, block));
                continue;
            }

            if (ReferenceEquals(block, made))
            {
                _order.Enqueue(number);
                while (_order.Count > (2 * concurrency) + 2 && _order.TryDequeue(out var oldest))
                {
                    if (_blocks.TryRemove(oldest, out var dropped))
                    {
                        Release(dropped);
                    }
                }
            }

            return block;
        }
    }

    private void Release(Block block)
    {
        if (block.Release() is { } bytes && bytes.Length == blockSize)
        {
            _unused.Add(bytes);
        }
    }

    private byte[] Fetch(long number)
    {
        var start = number * blockSize;
        var length = (int)Math.Min(blockSize, Length - start);
        if (length != blockSize || !_unused.TryTake(out var bytes))
        {
            bytes = GC.AllocateUninitializedArray<byte>(length);
        }

        read(start, bytes);
        if (info.Checksum is not null && Interlocked.Exchange(ref _isRead[number], 1) == 0)
        {
            ContentChecksums.Merge(ref _checksum, Crc32.Shift(Crc32.Of(bytes), Length - start - bytes.Length));
            if (Interlocked.Increment(ref _readCount) == _isRead.Length && _checksum != info.Checksum)
            {
                throw new CheckpointCorruptException(
                    $"The checkpoint '{Path}' is corrupt: its bytes have the CRC-32 {_checksum:x8}, and the store keeps {info.Checksum:x8} "
                        + "for it. Load it again; if this is repeated, load an older one.",
                    Path);
            }
        }

        return bytes;
    }

    /// <summary>A range. Its users are those who read from it, and the reader as long as it keeps it.</summary>
    private sealed class Block(Func<byte[]> fetch)
    {
        private readonly Lazy<byte[]> _bytes = new(fetch);
        private int _users = 1;

        public byte[] Bytes => _bytes.Value;

        /// <summary>Adds a user, unless there is none any more.</summary>
        public bool TryUse()
        {
            int users;
            do
            {
                users = Volatile.Read(ref _users);
            }
            while (users > 0 && Interlocked.CompareExchange(ref _users, users + 1, users) != users);

            return users > 0;
        }

        /// <summary>Removes a user, and returns the bytes after the last one.</summary>
        public byte[]? Release() =>
            Interlocked.Decrement(ref _users) == 0 && _bytes.IsValueCreated ? _bytes.Value : null;
    }
}
