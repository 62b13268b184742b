using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>Reads an object in ranges of the part size; a few of them are kept, so that small tensors share a request.</summary>
internal sealed class ObjectReader(string path, ObjectInfo info, int blockSize, int concurrency, Action<long, byte[]> read)
    : StorageReader(path)
{
    private readonly ConcurrentDictionary<long, Lazy<byte[]>> _blocks = new();
    private readonly ConcurrentQueue<long> _order = new();

    public override int Concurrency => concurrency;

    public override long Length => info.Length;

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
        return bytes;
    }
}
