using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// Writes a content with several writes in flight. Chunks are written from last to first, because a header holds checksums of the data
/// after it, which is then already read. Chunks that depend on all checksums come at the end, in parallel with the last of the others.
/// </summary>
internal sealed class ContentWriter(FileContent content, IContentTarget target, CancellationToken cancellationToken)
{
    private readonly ChunkPlan _plan = new(content, target.Alignment, target.PieceSize);
    private int _bodyCount;
    private int _turn = -1;

    public void Write(int threads)
    {
        _bodyCount = _plan.Chunks.Count(chunk => chunk.Offset < _plan.TailStart);
        using var tail = new AlignedBuffer(_plan.GatherSize);
        if (_bodyCount < _plan.Chunks.Count)
        {
            // The first chunk of the tail may hold the end of a memory part whose checksum other chunks wait for, so it is read first.
            Gather(_plan.Chunks[_bodyCount], tail.Bytes);
        }

        ParallelThreads.Run(Math.Clamp(_plan.Chunks.Count, 1, Writers(threads)), () => WriteUntilNoneIsLeft(tail), content.Checksums.Abort);
    }

    private int Writers(int threads)
    {
        // A thread that gathers keeps no write in flight meanwhile; one extra thread for every two keeps the disk busy.
        var gathered = _plan.Chunks.Count(chunk => !chunk.IsBody);
        return threads > 1 && gathered > _plan.Chunks.Count / 2 ? threads + (threads / 2) : threads;
    }

    private void WriteUntilNoneIsLeft(AlignedBuffer tail)
    {
        AlignedBuffer? buffer = null;
        try
        {
            for (var turn = Interlocked.Increment(ref _turn); turn < _plan.Chunks.Count; turn = Interlocked.Increment(ref _turn))
            {
                cancellationToken.ThrowIfCancellationRequested();
                content.Checksums.ThrowIfAborted();
                if (turn == _bodyCount)
                {
                    WriteGathered(_plan.Chunks[turn], tail.Bytes);
                }
                else if (_plan.Chunks[turn < _bodyCount ? _bodyCount - 1 - turn : turn] is var chunk && chunk.IsBody)
                {
                    WriteBody(chunk);
                }
                else
                {
                    buffer ??= new AlignedBuffer(_plan.GatherSize);
                    Gather(chunk, buffer.Bytes);
                    WriteGathered(chunk, buffer.Bytes);
                }
            }
        }
        finally
        {
            buffer?.Dispose();
        }
    }

    private unsafe void WriteBody(Chunk chunk)
    {
        var part = content.Parts[chunk.FirstPart];
        var start = chunk.Offset - part.Offset;
        var bytes = new ReadOnlySpan<byte>((byte*)part.Address + start, chunk.Length);
        var isKnown = content.Checksums.IsKnown(part.Number);
        var crc = isKnown && target.PieceSize == 0 ? 0 : Crc32.Of(bytes);
        if (!isKnown)
        {
            content.Checksums.AddPiece(part.Number, start, chunk.Length, crc);
        }

        Write(chunk.Offset, bytes, crc);
        GC.KeepAlive(part.Source);
    }

    private void WriteGathered(Chunk chunk, Span<byte> buffer)
    {
        GatherLate(chunk, buffer);
        var padded = (chunk.Length + target.Alignment - 1) / target.Alignment * target.Alignment;
        buffer[chunk.Length..padded].Clear();
        Write(chunk.Offset, buffer[..padded], target.PieceSize == 0 ? 0 : Crc32.Of(buffer[..padded]));
    }

    private void Write(long offset, ReadOnlySpan<byte> bytes, uint crc)
    {
        if (target.PieceSize == 0)
        {
            target.Write(offset, bytes);
        }
        else
        {
            target.WritePiece(offset, bytes, crc);
        }
    }

    /// <summary>
    /// Copies a chunk without its deferred bytes, so that the checksums of its memory are complete before any thread waits.
    /// </summary>
    private void Gather(Chunk chunk, Span<byte> buffer)
    {
        for (var index = chunk.FirstPart; index < content.Parts.Count && content.Parts[index].Offset < chunk.End; index++)
        {
            var part = content.Parts[index];
            var start = Math.Max(part.Offset, chunk.Offset);
            var destination = buffer.Slice((int)(start - chunk.Offset), (int)(Math.Min(part.End, chunk.End) - start));
            if (part.IsMemory)
            {
                CopyMemory(part, start - part.Offset, destination);
            }
            else if (part.Source is byte[] bytes)
            {
                bytes.AsSpan((int)(start - part.Offset), destination.Length).CopyTo(destination);
            }
        }
    }

    private void GatherLate(Chunk chunk, Span<byte> buffer)
    {
        for (var index = chunk.FirstPart; index < content.Parts.Count && content.Parts[index].Offset < chunk.End; index++)
        {
            var part = content.Parts[index];
            if (part.IsLate)
            {
                var start = Math.Max(part.Offset, chunk.Offset);
                var destination = buffer.Slice((int)(start - chunk.Offset), (int)(Math.Min(part.End, chunk.End) - start));
                ((IDeferredPart)part.Source!).Write(part.Number, (int)(start - part.Offset), destination);
            }
        }
    }

    private unsafe void CopyMemory(ContentPart part, long start, Span<byte> destination)
    {
        var source = part.Address + (nint)start;
        if (content.Checksums.IsKnown(part.Number))
        {
            new ReadOnlySpan<byte>((byte*)source, destination.Length).CopyTo(destination);
        }
        else
        {
            fixed (byte* copy = destination)
            {
                content.Checksums.AddPiece(part.Number, start, destination.Length, Crc32Copy.Copy(source, (nint)copy, destination.Length));
            }
        }

        GC.KeepAlive(part.Source);
    }
}

/// <summary>
/// A page-aligned buffer, as required by direct IO. A few are pooled, because touching fresh memory costs more than a copy.
/// </summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    public const int PageSize = 4096;

    private const int Kept = 8;

    private static readonly ConcurrentQueue<nint> Pool = new();

    private readonly int _size;
    private byte* _address;

    public AlignedBuffer(int size = ChunkPlan.BufferSize)
    {
        _size = size;
        _address = IsPooled && Pool.TryDequeue(out var kept) ? (byte*)kept : (byte*)NativeMemory.AlignedAlloc((nuint)size, PageSize);
    }

    public Span<byte> Bytes => new(_address, _size);

    private bool IsPooled => _size == ChunkPlan.BufferSize;

    public void Dispose()
    {
        if (_address is null)
        {
            return;
        }

        if (IsPooled && Pool.Count < Kept)
        {
            Pool.Enqueue((nint)_address);
        }
        else
        {
            NativeMemory.AlignedFree(_address);
        }

        _address = null;
    }
}
