using Fulgurite.IO.Integrity;

namespace Fulgurite.IO.Storage;

/// <summary>
/// Writes a content with several writes in flight. Chunks go from the last to the first, because a header holds the checksum of what
/// follows it: by then that was read. What needs all checksums goes at the end.
/// </summary>
internal sealed class ContentWriter(FileContent content, IContentTarget target, CancellationToken cancellationToken)
{
    private readonly ChunkPlan _plan = new(content, target.Alignment);
    private int _next;

    public void Write(int threads)
    {
        var bodyCount = _plan.Chunks.Count(chunk => chunk.Offset < _plan.TailStart);
        _next = bodyCount;
        using var buffer = new AlignedBuffer();
        if (bodyCount == _plan.Chunks.Count)
        {
            WriteBodies(buffer, threads);
            return;
        }

        // The first chunk of the tail may hold the end of some memory whose checksum others wait for, so it is read first.
        using var tailBuffer = new AlignedBuffer();
        var tail = _plan.Chunks[bodyCount];
        Gather(tail, tailBuffer.Bytes, late: false);
        WriteBodies(buffer, threads);
        GatherLate(tail, tailBuffer.Bytes);
        WriteBuffer(tail, tailBuffer.Bytes);
        foreach (var chunk in _plan.Chunks.Skip(bodyCount + 1))
        {
            WriteChunk(chunk, buffer);
        }
    }

    private void WriteBodies(AlignedBuffer buffer, int threads)
    {
        if (_next <= 1 || threads == 1)
        {
            WriteUntilNoneIsLeft(buffer);
        }
        else
        {
            // A thread that gathers keeps no write in flight meanwhile; with two for each write the disk always has enough to do.
            var gathered = _plan.Chunks.Take(_next).Count(chunk => !chunk.IsBody);
            var wanted = gathered > _next / 2 ? 2 * threads : threads;
            ParallelThreads.Run(Math.Min(wanted, _next), WriteUntilNoneIsLeft, content.Checksums.Abort);
        }
    }

    private void WriteUntilNoneIsLeft()
    {
        using var buffer = new AlignedBuffer();
        WriteUntilNoneIsLeft(buffer);
    }

    private void WriteUntilNoneIsLeft(AlignedBuffer buffer)
    {
        for (var index = Interlocked.Decrement(ref _next); index >= 0; index = Interlocked.Decrement(ref _next))
        {
            WriteChunk(_plan.Chunks[index], buffer);
        }
    }

    private unsafe void WriteChunk(Chunk chunk, AlignedBuffer buffer)
    {
        cancellationToken.ThrowIfCancellationRequested();
        content.Checksums.ThrowIfAborted();
        if (!chunk.IsBody)
        {
            Gather(chunk, buffer.Bytes, late: true);
            WriteBuffer(chunk, buffer.Bytes);
            return;
        }

        var part = content.Parts[chunk.FirstPart];
        var start = chunk.Offset - part.Offset;
        var bytes = new ReadOnlySpan<byte>((byte*)part.Address + start, chunk.Length);
        if (!content.Checksums.IsKnown(part.Number))
        {
            content.Checksums.AddPiece(part.Number, start, chunk.Length, Crc32.Of(bytes));
        }

        target.Write(chunk.Offset, bytes);
        GC.KeepAlive(part.Source);
    }

    private void WriteBuffer(Chunk chunk, Span<byte> buffer)
    {
        var padded = (chunk.Length + target.Alignment - 1) / target.Alignment * target.Alignment;
        buffer[chunk.Length..padded].Clear();
        target.Write(chunk.Offset, buffer[..padded]);
    }

    /// <summary>Copies what a chunk holds: memory first, so that its checksums are there before anyone waits for others.</summary>
    private void Gather(Chunk chunk, Span<byte> buffer, bool late)
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

        if (late)
        {
            GatherLate(chunk, buffer);
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
                CopyLate(part, (int)(start - part.Offset), buffer.Slice((int)(start - chunk.Offset), (int)(Math.Min(part.End, chunk.End) - start)));
            }
        }
    }

    private static void CopyLate(in ContentPart part, int start, Span<byte> destination)
    {
        var maker = (ILateBytes)part.Source!;
        if (destination.Length == part.Length)
        {
            maker.Write(part.Number, destination);
            return;
        }

        // The part goes on in another chunk.
        var whole = new byte[part.Length];
        maker.Write(part.Number, whole);
        whole.AsSpan(start, destination.Length).CopyTo(destination);
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
