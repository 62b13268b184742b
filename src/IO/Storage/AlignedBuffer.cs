using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Fulgurite.IO;

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
