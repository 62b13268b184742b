using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The places 0 to size in random order. With a seed the order is the same at every walk.</summary>
public class FisherYatesShuffler : IEnumerable<long>
{
    private readonly long _size;
    private readonly int? _seed;

    public FisherYatesShuffler(long size, int? seed = null)
    {
        _size = size;
        _seed = seed;
    }

    public IEnumerator<long> GetEnumerator()
    {
        var random = _seed is { } seed ? new Random(seed) : new Random();
        var order = new long[_size];
        for (var i = 0L; i < _size; i++)
        {
            // Two draws make one number, so that more than 2^31 places can be reached.
            var high = (long)random.Next() << 32;
            var place = (high + random.Next()) % (i + 1);
            order[i] = order[place];
            order[place] = i;
        }

        return ((IEnumerable<long>)order).GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
