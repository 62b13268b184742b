using System.Runtime.InteropServices;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>
/// Host memory that stands for that of a live tensor: a test changes it while it is being captured, without libtorch.
/// </summary>
public sealed unsafe class LiveMemory : TensorStorage, IDisposable
{
    private byte* _address;
    private int _holds;
    private bool _disposed;

    /// <summary>Takes memory filled with zeros.</summary>
    /// <param name="byteLength">How many bytes.</param>
    public LiveMemory(long byteLength)
    {
        ByteLength = byteLength;
        _address = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(byteLength, 1));
    }

    /// <summary>Frees the memory if nobody did.</summary>
    ~LiveMemory() => Free();

    /// <inheritdoc/>
    public override long ByteLength { get; }

    /// <inheritdoc/>
    public override nint Address => _disposed ? throw new ObjectDisposedException(nameof(LiveMemory)) : (nint)_address;

    /// <inheritdoc/>
    public override bool IsCaptured => false;

    /// <summary>How many users keep the memory although its owner may have disposed it.</summary>
    public int Holds => Volatile.Read(ref _holds);

    /// <summary>The elements, to read and write.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    public Span<T> As<T>()
        where T : unmanaged => new((void*)Address, checked((int)(ByteLength / sizeof(T))));

    /// <summary>A live tensor that lies in all of this memory.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="stability">Until when the test leaves the memory as it is.</param>
    public TensorData AsTensor(ScalarType type = ScalarType.Float32, TensorStability stability = TensorStability.UntilParametersChange) =>
        AsTensor(0, ByteLength / type.ElementByteSize(), type, stability);

    /// <summary>A live tensor of one dimension that lies in a part of this memory.</summary>
    /// <param name="first">The first element.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="type">The element type.</param>
    /// <param name="stability">Until when the test leaves the memory as it is.</param>
    public TensorData AsTensor(long first, long count, ScalarType type = ScalarType.Float32, TensorStability stability = TensorStability.UntilParametersChange) =>
        new(this, type, [count], [1], first) { Stability = stability };

    /// <inheritdoc/>
    public override IDisposable Hold()
    {
        Interlocked.Increment(ref _holds);
        return new Holder(this);
    }

    /// <summary>Ends the owner's use, as disposing a tensor does; the memory goes once nobody holds it.</summary>
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
