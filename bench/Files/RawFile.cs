using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Bench.Files;

/// <summary>
/// The floor: as many bytes as a checkpoint has, from one aligned buffer to a new file past the page cache by a few threads, and synced;
/// and from a file in the page cache back into that buffer.
/// </summary>
internal sealed unsafe partial class RawFile : IDisposable
{
    private const int Chunk = 8 << 20;
    private const int Page = 4096;

    private static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    private readonly byte* _buffer;
    private readonly long _length;
    private readonly int _threads;

    public RawFile(long length, int threads)
    {
        _length = (length + Page - 1) / Page * Page;
        _threads = threads;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_length, Page);
        new Random(1).NextBytes(new Span<byte>(_buffer, (int)Math.Min(_length, Chunk)));
        for (var offset = (long)Chunk; offset < _length; offset += Chunk)
        {
            Buffer.MemoryCopy(_buffer, _buffer + offset, _length - offset, Math.Min(Chunk, _length - offset));
        }
    }

    /// <summary>Writes a new file, durably, and gives whether that went past the page cache.</summary>
    public bool Write(string path)
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
            InParallel(offset => RandomAccess.Write(file, new ReadOnlySpan<byte>(_buffer + offset, (int)Math.Min(Chunk, _length - offset)), offset));
            RandomAccess.FlushToDisk(file);
        }

        return isDirect;
    }

    /// <summary>Reads a file from the page cache.</summary>
    public void Read(string path)
    {
        using var file = File.OpenHandle(path);
        var length = Math.Min(RandomAccess.GetLength(file), _length);
        InParallel(offset =>
        {
            for (var done = offset; done < Math.Min(offset + Chunk, length);)
            {
                done += RandomAccess.Read(file, new Span<byte>(_buffer + done, (int)(Math.Min(offset + Chunk, length) - done)), done);
            }
        });
    }

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private void InParallel(Action<long> work)
    {
        var next = -(long)Chunk;
        void Run()
        {
            for (var offset = Interlocked.Add(ref next, Chunk); offset < _length; offset = Interlocked.Add(ref next, Chunk))
            {
                work(offset);
            }
        }

        var threads = Enumerable.Range(1, _threads - 1).Select(_ => new Thread(Run)).ToList();
        threads.ForEach(thread => thread.Start());
        Run();
        threads.ForEach(thread => thread.Join());
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);
}
