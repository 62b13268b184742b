using System.Buffers;

namespace Fulgurite.IO;

/// <summary>
/// A temporary array. Large ones come from a pool: each new one of more than 85 kB brings a collection of the whole heap closer.
/// </summary>
/// <typeparam name="T">The type of the elements, without references.</typeparam>
/// <param name="length">The number of elements, which are undefined at first.</param>
internal sealed class PooledArray<T>(int length) : IDisposable
    where T : unmanaged
{
    private T[] _array = ArrayPool<T>.Shared.Rent(length);

    /// <summary>Gets the elements.</summary>
    public Span<T> Span => _array.AsSpan(0, length);

    /// <summary>Returns the array to the pool. It must not be used afterwards. Further calls have no effect.</summary>
    public void Dispose()
    {
        var array = _array;
        _array = [];
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
        }
    }
}
