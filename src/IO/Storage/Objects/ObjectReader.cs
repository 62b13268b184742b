using System.Buffers;
using System.Runtime.ExceptionServices;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// Reads an object in ranges of the part size, each at a multiple of it. A range that a read needs as a whole is received where it belongs;
/// a few others are kept until all of their bytes have been used, so that small tensors share a request. Once all ranges have been read,
/// they are compared with the checksum of the store; if they differ, no further read succeeds.
/// </summary>
internal sealed class ObjectReader(string path, ObjectInfo info, int blockSize, int concurrency, Action<long, Memory<byte>> read)
    : StorageReader(path)
{
    private const long IsRead = 1L << 32;

    /// <summary>Guards the collections below and the users of blocks.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Block> _blocks = [];
    private readonly List<Block> _order = [];

    // New memory costs more than receiving the bytes: the system clears each page at its first use.
    private readonly Stack<HostTensorStorage> _free = [];

    /// <summary>The CRC-32 of each range that has been read, and <see cref="IsRead"/>.</summary>
    private readonly long[] _ranges = new long[info.Checksum is null ? 0 : (info.Length + blockSize - 1) / blockSize];
    private uint _checksum;
    private int _readCount;
    private volatile string? _difference;

    public override int Concurrency => concurrency;

    public override long Length => info.Length;

    // Shorter pieces would have two threads wait for one request.
    internal override int PieceSize => blockSize;

    public override void Read(long offset, Span<byte> destination) => Read(offset, destination, isChecked: false);

    internal override uint ReadChecked(long offset, Span<byte> destination) => Read(offset, destination, isChecked: true);

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            foreach (var block in _blocks.Values)
            {
                Release(block);
            }

            _blocks.Clear();
            _order.Clear();
            while (_free.TryPop(out var memory))
            {
                memory.Dispose();
            }
        }
    }

    private uint Read(long offset, Span<byte> destination, bool isChecked)
    {
        if (offset < 0 || offset > Length - destination.Length)
        {
            throw EndOfFile(offset, destination.Length);
        }

        ThrowIfCorrupt();
        var checksum = 0u;
        while (!destination.IsEmpty)
        {
            var number = offset / blockSize;
            var start = (int)(offset - (number * blockSize));
            var part = destination[..Math.Min(destination.Length, LengthOf(number) - start)];
            var crc = Take(number, part.Length == LengthOf(number)) is { } block
                ? Copy(block, start, part, isChecked)
                : Fetch(number, part, isChecked);
            checksum = isChecked ? Crc32.Join(checksum, crc, part.Length) : 0;
            destination = destination[part.Length..];
            offset += part.Length;
        }

        return checksum;
    }

    private int LengthOf(long number) => (int)Math.Min(blockSize, Length - (number * blockSize));

    /// <summary>Returns a block with one more user; null if it is read as a whole and is not kept.</summary>
    private Block? Take(long number, bool isWhole)
    {
        lock (_gate)
        {
            if (_blocks.TryGetValue(number, out var block))
            {
                block.Users++;
            }
            else if (!isWhole)
            {
                block = new Block(number) { Users = 2, Left = LengthOf(number) };
                _blocks.Add(number, block);
                _order.Add(block);
                if (_order.Count > (2 * concurrency) + 2)
                {
                    Forget(_order[0]);
                }
            }

            return block;
        }
    }

    /// <summary>Keeps a block no longer.</summary>
    private void Forget(Block block)
    {
        _blocks.Remove(block.Number);
        _order.Remove(block);
        Release(block);
    }

    /// <summary>Removes a user of a block, which has copied some of its bytes.</summary>
    private void Release(Block block, int copied = 0)
    {
        lock (_gate)
        {
            var wasLeft = block.Left > 0;
            block.Left -= copied;
            if (wasLeft && block.Left <= 0 && _blocks.GetValueOrDefault(block.Number) == block)
            {
                Forget(block);
            }

            if (--block.Users == 0 && block.Memory is { } memory)
            {
                _free.Push(memory);
            }
        }
    }

    private unsafe uint Copy(Block block, int start, Span<byte> destination, bool isChecked)
    {
        var copied = 0;
        try
        {
            var source = MemoryOf(block).GetBytes(start, destination.Length);
            copied = destination.Length;
            if (!isChecked)
            {
                source.CopyTo(destination);
                return 0;
            }

            fixed (byte* from = source, to = destination)
            {
                return Crc32Copy.Copy((nint)from, (nint)to, destination.Length);
            }
        }
        finally
        {
            Release(block, copied);
        }
    }

    /// <summary>Returns the bytes of a block; one of its users reads them, and those that wait for it share its failure.</summary>
    private HostTensorStorage MemoryOf(Block block)
    {
        var earlier = block.Failure;
        lock (block)
        {
            if (!ReferenceEquals(block.Failure, earlier))
            {
                // Each of them would otherwise repeat, one after the other, a request whose retries and timeouts took minutes.
                block.Failure!.Throw();
            }

            return block.Memory ??= Fetch(block);
        }
    }

    private HostTensorStorage Fetch(Block block)
    {
        HostTensorStorage? memory;
        lock (_gate)
        {
            _free.TryPop(out memory);
        }

        try
        {
            memory ??= new HostTensorStorage(Math.Min(blockSize, Length));
            Fetch(block.Number, memory.GetWritableBytes(0, LengthOf(block.Number)), isChecked: false);
            return memory;
        }
        catch (Exception exception)
        {
            block.Failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    private unsafe uint Fetch(long number, Span<byte> destination, bool isChecked)
    {
        var start = number * blockSize;
        fixed (byte* address = destination)
        {
            MemoryAdvice.Populate(address, destination.Length);
            using var memory = new NativeMemory(address, destination.Length);
            read(start, memory.Memory);
        }

        var crc = isChecked || info.Checksum is not null ? Crc32.Of(destination) : 0;
        if (info.Checksum is not null)
        {
            Compare(number, crc);
            ThrowIfCorrupt();
        }

        return crc;
    }

    private void Compare(long number, uint crc)
    {
        var earlier = Interlocked.CompareExchange(ref _ranges[number], IsRead | crc, 0);
        var start = number * blockSize;
        if (earlier != 0)
        {
            // The checksum of the whole object is that of the bytes received first.
            if ((uint)earlier != crc)
            {
                _difference = $"its bytes from {start} on have the CRC-32 {crc:x8}, and had {(uint)earlier:x8} when first received";
            }

            return;
        }

        ContentChecksums.Merge(ref _checksum, Crc32.Shift(crc, Length - start - LengthOf(number)));
        if (Interlocked.Increment(ref _readCount) == _ranges.Length && _checksum != info.Checksum)
        {
            _difference = $"its bytes have the CRC-32 {_checksum:x8}, and the store keeps {info.Checksum:x8} for it";
        }
    }

    private void ThrowIfCorrupt()
    {
        if (_difference is { } difference)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{Path}' is corrupt: {difference}. Load it again; if this is repeated, load an older one.", Path);
        }
    }

    /// <summary>A range that is kept. Its bytes are written by one user, under its lock, and read by others until none is left.</summary>
    private sealed class Block(long number)
    {
        private volatile ExceptionDispatchInfo? _failure;

        public long Number => number;

        public int Users { get; set; }

        /// <summary>Gets or sets the number of bytes that have not been used yet. Bytes that are used twice count twice.</summary>
        public int Left { get; set; }

        public HostTensorStorage? Memory { get; set; }

        /// <summary>Gets or sets the latest failure; written under its lock, and read without it.</summary>
        public ExceptionDispatchInfo? Failure
        {
            get => _failure;
            set => _failure = value;
        }
    }

    /// <summary>Memory at an address, for the time of a call.</summary>
    private sealed unsafe class NativeMemory(byte* address, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(address, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(address + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
