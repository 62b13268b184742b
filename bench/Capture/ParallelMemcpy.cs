using Fulgurite.State;

namespace Fulgurite.Bench.Capture;

/// <summary>The floor: the same bytes copied by as many threads into memory that was touched before.</summary>
internal sealed unsafe class ParallelMemcpy(TrainingState state, int threads) : IDisposable
{
    private readonly StorageLayout _layout = StorageLayout.Of(state);
    private readonly HostTensorStorage _target = new(StorageLayout.Of(state).ByteLength);

    public long ByteLength => _layout.ByteLength;

    public void Dispose() => _target.Dispose();

    public void Run()
    {
        var share = (ByteLength + threads - 1) / threads;
        Parallel.For(
            0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads },
            thread => Copy(thread * share, Math.Min(ByteLength, (thread + 1) * share)));
    }

    private void Copy(long begin, long end)
    {
        var start = 0L;
        foreach (var piece in _layout.Pieces)
        {
            var from = Math.Max(begin, start);
            var to = Math.Min(end, start + piece.ByteLength);
            if (from < to)
            {
                Buffer.MemoryCopy((byte*)piece.Address + (from - start), (byte*)_target.Address + from, to - from, to - from);
            }

            start += piece.ByteLength;
        }
    }
}
