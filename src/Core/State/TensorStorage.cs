namespace Fulgurite.State;

/// <summary>
/// The memory of one or more <see cref="TensorData"/>. Tensors that share memory (tied weights, views) share one instance, and the
/// sharing is preserved when they are saved and loaded.
/// </summary>
/// <remarks>Implementations must support reads from any thread.</remarks>
public abstract class TensorStorage
{
    /// <summary>Gets the length in bytes.</summary>
    public abstract long ByteLength { get; }

    /// <summary>
    /// Gets the address of the bytes in host memory. Valid while this object is reachable and not disposed; zero if
    /// <see cref="ByteLength"/> is zero. The first read of a storage on another device copies it to the host.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public abstract nint Address { get; }

    /// <summary>
    /// Gets a value that indicates whether the state owns the memory, which then never changes; false for the memory of a live tensor.
    /// </summary>
    public abstract bool IsCaptured { get; }

    /// <summary>Gets a value that indicates whether the bytes are in host memory, so that <see cref="Address"/> needs no copy.</summary>
    /// <value>The default is true.</value>
    public virtual bool IsOnHost => true;

    /// <summary>
    /// Gets the CRC-32 (zip polynomial) of all bytes if it was computed during the capture; otherwise, null. Writers need not read the
    /// bytes to compute it, and any later corruption is detected when the file is read.
    /// </summary>
    /// <value>The default is null.</value>
    public virtual uint? Checksum => null;

    /// <summary>
    /// Gets the changes of the rows of a live tensor that covers the storage, row after row; null if nothing records them.
    /// </summary>
    /// <value>The default is null: a capture copies all bytes.</value>
    public virtual RowChanges? Changes => null;

    /// <summary>
    /// Keeps the memory valid until the returned object is disposed, even if its tensor is disposed earlier. The default implementation
    /// returns null: a reference to this object is sufficient.
    /// </summary>
    public virtual IDisposable? Hold() => null;

    /// <summary>Reads bytes directly from their source if they are not in memory yet.</summary>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="destination">The memory to fill.</param>
    /// <returns>true if the bytes were read; false if they are in memory at <see cref="Address"/>, which is the default.</returns>
    /// <exception cref="CheckpointException">The bytes cannot be read.</exception>
    public virtual bool TryRead(long offset, Span<byte> destination) => false;

    /// <summary>Reads bytes of several storages, of which this is the first, directly from their source: many with one call.</summary>
    /// <param name="reads">The ranges.</param>
    /// <returns>true if all were read; false if none was, because one is in memory already or has another source.</returns>
    /// <exception cref="CheckpointException">The bytes cannot be read; some may have been.</exception>
    internal virtual bool TryRead(ReadOnlySpan<StorageRead> reads) => false;

    /// <summary>Returns a span over the bytes without copying. Keep this object reachable while the span is in use.</summary>
    /// <param name="offset">The start of the span, in bytes.</param>
    /// <param name="length">The length of the span, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span exceeds the storage.</exception>
    public unsafe ReadOnlySpan<byte> GetBytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - length);
        return length == 0 ? [] : new ReadOnlySpan<byte>((byte*)Address + offset, length);
    }
}

/// <summary>A range of a storage to read into memory.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">The offset of the first byte.</param>
/// <param name="Address">The address of the memory.</param>
/// <param name="ByteLength">The number of bytes.</param>
internal readonly record struct StorageRead(TensorStorage Storage, long Offset, nint Address, long ByteLength);

/// <summary>Specifies how long the memory of a live tensor remains unchanged, and so how long a capture may take.</summary>
public enum TensorStability
{
    /// <summary>May change at any time (buffers such as batch-norm statistics, RNG state). Copied before the save returns.</summary>
    Volatile,

    /// <summary>
    /// Changes only after <see cref="CheckpointIO.BeforeParametersChange"/> (parameters, optimizer state). May be copied until then.
    /// </summary>
    UntilParametersChange,

    /// <summary>
    /// Like <see cref="UntilParametersChange"/>, but not expected to change even then (parameters that require no gradient). May be
    /// captured once and only compared afterwards.
    /// </summary>
    Frozen,

    /// <summary>
    /// Like <see cref="UntilParametersChange"/>, and changed by an optimizer that implements <see cref="IStepCopies"/>: its step makes the
    /// copy, unless another change comes first or no step comes soon.
    /// </summary>
    UntilOptimizerStep,
}
