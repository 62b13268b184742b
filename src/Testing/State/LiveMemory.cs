using System.Runtime.InteropServices;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>
/// Host memory like that of a live tensor, which a test changes during a capture, without libtorch.
/// </summary>
public sealed unsafe class LiveMemory : TensorStorage, IDisposable
{
    private byte* _address;
    private int _holds;
    private bool _disposed;

    /// <summary>Allocates zero-initialized memory.</summary>
    /// <param name="byteLength">The size in bytes.</param>
    public LiveMemory(long byteLength)
    {
        ByteLength = byteLength;
        _address = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(byteLength, 1));
    }

    /// <summary>Frees the memory if it was not disposed.</summary>
    ~LiveMemory() => Free();

    /// <inheritdoc/>
    public override long ByteLength { get; }

    /// <inheritdoc/>
    public override nint Address => _disposed ? throw new ObjectDisposedException(nameof(LiveMemory)) : (nint)_address;

    /// <inheritdoc/>
    public override bool IsCaptured => false;

    /// <summary>Gets the number of holders that keep the memory even after its owner has disposed it.</summary>
    public int Holds => Volatile.Read(ref _holds);

    /// <summary>Returns the elements for reading and writing.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    public Span<T> As<T>()
        where T : unmanaged => new((void*)Address, checked((int)(ByteLength / sizeof(T))));

    /// <summary>Returns a live tensor over the whole memory.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="stability">The period in which the test does not change the memory.</param>
    public TensorData AsTensor(ScalarType type = ScalarType.Float32, TensorStability stability = TensorStability.UntilParametersChange) =>
        AsTensor(0, ByteLength / type.ElementByteSize(), type, stability);

    /// <summary>Returns a one-dimensional live tensor over a part of the memory.</summary>
    /// <param name="first">The index of the first element.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="type">The element type.</param>
    /// <param name="stability">The period in which the test does not change the memory.</param>
    public TensorData AsTensor(
        long first, long count, ScalarType type = ScalarType.Float32, TensorStability stability = TensorStability.UntilParametersChange) =>
        new(this, type, [count], [1], first) { Stability = stability };

    /// <inheritdoc/>
    public override IDisposable Hold()
    {
        Interlocked.Increment(ref _holds);
        return new Holder(this);
    }

    /// <summary>Releases the memory as its owner, like disposing a tensor; it is freed after its last use.</summary>
    public void Dispose()
    {
        _disposed = true;
        if (Holds == 0)
        {
            Free();
            GC.SuppressFinalize(this);
        }
    }

    private void Free()
    {
        NativeMemory.Free(_address);
        _address = null;
    }

    private sealed class Holder(LiveMemory memory) : IDisposable
    {
        private LiveMemory? _memory = memory;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _memory, null) is { } held && Interlocked.Decrement(ref held._holds) == 0 && held._disposed)
            {
                held.Free();
            }
        }
    }
}
