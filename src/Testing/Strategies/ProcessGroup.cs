namespace Fulgurite.Testing;

/// <summary>What <see cref="InProcessStrategy"/> exchanges bytes through: threads of one process stand for processes.</summary>
/// <param name="size">How many take part.</param>
public sealed class ProcessGroup(int size)
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim[] _wake = [.. Enumerable.Range(0, size).Select(_ => new ManualResetEventSlim())];
    private readonly byte[][] _slots = new byte[size][];
    private readonly bool[] _waiting = new bool[size];
    private byte[][]? _result;
    private int _gone = -1;

    /// <summary>How many take part.</summary>
    public int Size { get; } = size;

    /// <summary>How often all have exchanged something.</summary>
    public int Exchanges { get; private set; }

    /// <summary>Gives bytes to all and gets those of all, in order. Returns when all have called it.</summary>
    /// <param name="rank">Who calls.</param>
    /// <param name="own">Its bytes.</param>
    /// <exception cref="InvalidOperationException">One has left.</exception>
    public IReadOnlyList<byte[]> Exchange(int rank, byte[] own)
    {
        ArgumentNullException.ThrowIfNull(own);
        lock (_gate)
        {
            ThrowIfAlone(rank);
            _slots[rank] = own;
            _waiting[rank] = true;
            if (!Array.Exists(_waiting, waiting => !waiting))
            {
                _result = [.. _slots];
                Array.Clear(_waiting);
                Exchanges++;
                Array.ForEach(_wake, wake => wake.Set());
            }
        }

        _wake[rank].Wait();
        lock (_gate)
        {
            _wake[rank].Reset();
            if (_waiting[rank])
            {
                ThrowIfAlone(rank);
            }

            return _result!;
        }
    }

    /// <summary>Takes part no longer: whoever waits, or comes later, is told instead of waiting for ever.</summary>
    /// <param name="rank">Who leaves.</param>
    public void Leave(int rank)
    {
        lock (_gate)
        {
            _gone = _gone < 0 ? rank : _gone;
            for (var other = 0; other < Size; other++)
            {
                if (_waiting[other])
                {
                    _wake[other].Set();
                }
            }
        }
    }

    private void ThrowIfAlone(int rank)
    {
        if (_gone >= 0)
        {
            throw new InvalidOperationException($"Rank {_gone} has left the group while rank {rank} waits for it.");
        }
    }
}
