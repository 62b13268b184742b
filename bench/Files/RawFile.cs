using System.Runtime.InteropServices;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Files;

/// <summary>
/// The floor: as many bytes as a checkpoint has, from one aligned buffer to a new file past the page cache by a few threads, and synced; or
/// from a file in the page cache into that buffer.
/// </summary>
internal sealed unsafe partial class RawFile : IDisposable
{
    private const int Chunk = 8 << 20;
    private const int GatheredChunk = 1 << 20;
    private const int ScatteredBatch = 64;
    private const int Page = 4096;
    private const int HugePage = 2 << 20;
    private const int PreferHugePages = 14;
    private const int DoNotNeed = 4;

    private static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    private readonly byte* _buffer;
    private readonly long _length;
    private readonly int _threads;

    /// <summary>Takes the buffer and touches it.</summary>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="threads">How many reads or writes are in flight.</param>
    /// <param name="hugePages">Whether it is made of huge pages, as a snapshot is and tensors are not: the kernel then has fewer to look
    /// up.</param>
    public RawFile(long length, int threads, bool hugePages)
    {
        _length = (length + Page - 1) / Page * Page;
        _threads = threads;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_length, HugePage);
        if (hugePages)
        {
            _ = Advise(_buffer, (nuint)_length, PreferHugePages);
        }

        new Random(1).NextBytes(new Span<byte>(_buffer, (int)Math.Min(_length, Chunk)));
        for (var offset = (long)Chunk; offset < _length; offset += Chunk)
        {
            Buffer.MemoryCopy(_buffer, _buffer + offset, _length - offset, Math.Min(Chunk, _length - offset));
        }
    }

    /// <summary>Writes a new file, durably, and gives whether that went past the page cache.</summary>
    public bool Write(string path) => WriteNew(
        path, Chunk, _threads,
        (file, offset) => RandomAccess.Write(
            file, new ReadOnlySpan<byte>(_buffer + offset, (int)Math.Min(Chunk, _length - offset)), offset));

    private bool WriteNew(string path, int chunk, int threads, Action<SafeFileHandle, long> write)
    {
        const int readWrite = 2, create = 0x40, exclusive = 0x80;
        var descriptor = Open(path, readWrite | create | exclusive | Direct, 0x1B6);
        var isDirect = descriptor >= 0;
        if (!isDirect)
        {
            File.Delete(path);
            descriptor = Open(path, readWrite | create | exclusive, 0x1B6);
        }

        using (var file = new SafeFileHandle(descriptor, ownsHandle: true))
        {
            _ = Allocate(file, 0, 0, _length);
            InParallel(chunk, threads, offset => write(file, offset));
            RandomAccess.FlushToDisk(file);
        }

        return isDirect;
    }

    /// <summary>
    /// Writes a new file of pieces of memory, durably: gathered in aligned buffers, as direct writes need, by half as many threads again,
    /// which copy while others wait for the disk.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="pieces">The pieces, together as long as the buffer of this object.</param>
    public void WriteGathered(string path, IReadOnlyList<StoragePiece> pieces)
    {
        var ends = new long[pieces.Count];
        for (var index = 0; index < ends.Length; index++)
        {
            ends[index] = (index == 0 ? 0 : ends[index - 1]) + pieces[index].ByteLength;
        }

        using var buffers = new ThreadLocal<nint>(() => (nint)NativeMemory.AlignedAlloc(GatheredChunk, Page), trackAllValues: true);
        WriteNew(path, GatheredChunk, _threads + (_threads / 2), (file, offset) =>
        {
            var length = (int)Math.Min(GatheredChunk, _length - offset);
            var buffer = (byte*)buffers.Value;
            var found = Array.BinarySearch(ends, offset);
            var index = found < 0 ? ~found : found + 1;
            for (var done = 0L; done < length && index < ends.Length; index++)
            {
                var skipped = offset + done - (ends[index] - pieces[index].ByteLength);
                var count = Math.Min(pieces[index].ByteLength - skipped, length - done);
                Buffer.MemoryCopy((byte*)pieces[index].Address + skipped, buffer + done, count, count);
                done += count;
            }

            RandomAccess.Write(file, new ReadOnlySpan<byte>(buffer, length), offset);
        });
        foreach (var buffer in buffers.Values)
        {
            NativeMemory.AlignedFree((void*)buffer);
        }
    }

    /// <summary>Reads a file from the page cache.</summary>
    public void Read(string path)
    {
        using var file = File.OpenHandle(path);
        var length = Math.Min(RandomAccess.GetLength(file), _length);
        InParallel(Chunk, _threads, offset =>
        {
            for (var done = offset; done < Math.Min(offset + Chunk, length);)
            {
                done += RandomAccess.Read(file, new Span<byte>(_buffer + done, (int)(Math.Min(offset + Chunk, length) - done)), done);
            }
        });
    }

    /// <summary>Computes checksums of a file from the page cache, in pieces that stay in the processor cache.</summary>
    /// <returns>The sum of the checksums of the pieces.</returns>
    public long Check(string path)
    {
        const int piece = 256 << 10;
        using var file = File.OpenHandle(path);
        var length = Math.Min(RandomAccess.GetLength(file), _length);
        var sum = 0L;
        InParallel(Chunk, _threads, offset =>
        {
            var buffer = new Span<byte>(_buffer + offset, piece);
            for (var done = offset; done < Math.Min(offset + Chunk, length); done += piece)
            {
                var read = RandomAccess.Read(file, buffer, done);
                Interlocked.Add(ref sum, Crc32.Of(buffer[..read]));
            }
        });
        return sum;
    }

    /// <summary>
    /// Reads a file from the page cache into tensors, one after the other: asks each for its size and its address, and reads many with one
    /// call. A load has to do that much, and also find out what the file contains, and verify it.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="tensors">Contiguous tensors on the CPU.</param>
    /// <param name="starts">The sum of the lengths of the tensors before each, in bytes; of as many tensors as to read.</param>
    public void Scatter(string path, IReadOnlyList<Tensor> tensors, List<long> starts)
    {
        using var file = File.OpenHandle(path);
        var fileLength = RandomAccess.GetLength(file);
        InParallel(starts.Count, ScatteredBatch, _threads, place =>
        {
            var first = (int)place;
            var count = Math.Min(ScatteredBatch, starts.Count - first);
            var vectors = stackalloc Vector[count];
            var length = 0L;
            for (var index = 0; index < count; index++)
            {
                if (!NativeLayout.TryRead(tensors[first + index], out var layout))
                {
                    throw new NotSupportedException("The running libtorch does not report the layout of a tensor.");
                }

                var byteLength = TensorShape.ElementCount(layout.Shape) * layout.Type.ElementByteSize();
                vectors[index] = new Vector(NativeLayout.AddressOf(tensors[first + index]), (nint)byteLength);
                length += byteLength;
            }

            // The file may be a little shorter than all tensors: the last ones are then read from an earlier place.
            var read = ReadVectors(file, vectors, count, Math.Min(starts[first], fileLength - length));
            if (read != length)
            {
                throw new IOException($"{length} bytes were requested and {read} read.");
            }
        });
    }

    /// <summary>Removes a file from the page cache, as far as the kernel does that on request.</summary>
    public static void Forget(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
        _ = AdviseFile(file, 0, 0, DoNotNeed);
    }

    /// <summary>Copies the buffer into another of the same length, on one thread.</summary>
    public void CopyTo(RawFile other) => Buffer.MemoryCopy(_buffer, other._buffer, other._length, _length);

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private void InParallel(int chunk, int threadCount, Action<long> work) => InParallel(_length, chunk, threadCount, work);

    private static void InParallel(long length, int chunk, int threadCount, Action<long> work)
    {
        var next = -(long)chunk;
        void Run()
        {
            for (var offset = Interlocked.Add(ref next, chunk); offset < length; offset = Interlocked.Add(ref next, chunk))
            {
                work(offset);
            }
        }

        var threads = Enumerable.Range(1, threadCount - 1).Select(_ => new Thread(Run)).ToList();
        threads.ForEach(thread => thread.Start());
        Run();
        threads.ForEach(thread => thread.Join());
    }

    [LibraryImport("libc", EntryPoint = "preadv", SetLastError = true)]
    private static partial nint ReadVectors(SafeFileHandle file, Vector* vectors, int count, long offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int AdviseFile(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    /// <summary>Memory that one of the vectors of a read fills.</summary>
    private readonly record struct Vector(nint Address, nint Length);
}
