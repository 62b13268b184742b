using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>
/// Reads an object in ranges of the part size; a few of them are kept, so that small tensors share a request. Once all ranges have been
/// read, they are compared with the checksum of the store.
/// </summary>
internal sealed class ObjectReader(string path, ObjectInfo info, int blockSize, int concurrency, Action<long, byte[]> read)
    : StorageReader(path)
{
    private readonly ConcurrentDictionary<long, Lazy<byte[]>> _blocks = new();
    private readonly ConcurrentQueue<long> _order = new();
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
            var block = Block(number);
            var count = Math.Min(destination.Length, block.Length - start);
            block.AsSpan(start, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    protected override void Dispose(bool disposing) => _blocks.Clear();

    private byte[] Block(long number)
    {
        var made = new Lazy<byte[]>(() => Fetch(number));
        var block = _blocks.GetOrAdd(number, made);
        if (ReferenceEquals(block, made))
        {
            _order.Enqueue(number);
            while (_order.Count > (2 * concurrency) + 2 && _order.TryDequeue(out var oldest))
            {
                _blocks.TryRemove(oldest, out _);
            }
        }

        try
        {
            return block.Value;
        }
        catch
        {
            _blocks.TryRemove(KeyValuePair.Create(number, block));
            throw;
        }
    }

    private byte[] Fetch(long number)
    {
        var start = number * blockSize;
        var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(blockSize, Length - start));
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
}
