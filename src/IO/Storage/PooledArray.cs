using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// A temporary array from a pool. A new array of more than 85 kB would bring a collection of the whole heap closer each time. All types
/// share the pool of bytes, whose code the framework contains precompiled.
/// </summary>
/// <typeparam name="T">The type of the elements, without references.</typeparam>
/// <param name="length">The number of elements, which are undefined at first.</param>
internal sealed class PooledArray<T>(int length) : IDisposable
    where T : unmanaged
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(checked(length * Unsafe.SizeOf<T>()));

    /// <summary>Gets the elements.</summary>
    public Span<T> Span => MemoryMarshal.Cast<byte, T>(_bytes.AsSpan())[..length];

    /// <summary>Returns the array to the pool. It must not be used afterwards. Further calls have no effect.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
