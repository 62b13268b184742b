namespace Fulgurite.State;

/// <summary>
/// The memory behind one or more <see cref="TensorData"/>. Tensors that share memory (tied weights, views) share the same
/// instance, and are saved and loaded as sharing.
/// </summary>
/// <remarks>Implementations may be read from any thread.</remarks>
public abstract class TensorStorage
{
    /// <summary>The length in bytes.</summary>
    public abstract long ByteLength { get; }

    /// <summary>
    /// Where the bytes are in host memory. Valid as long as this object is reachable and not released; zero when
    /// <see cref="ByteLength"/> is zero. A storage on another device is copied to the host by the first read.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public abstract nint Address { get; }

    /// <summary>
    /// Whether the memory is owned by the state and never changes again; false for memory that a live tensor still writes to.
    /// </summary>
    public abstract bool IsCaptured { get; }

    /// <summary>Whether the bytes lie in host memory, so that <see cref="Address"/> needs no copy. Default: true.</summary>
    public virtual bool IsOnHost => true;

    /// <summary>
    /// The CRC-32 of all bytes, as zip files have it, where it is known from when they were captured: whoever writes them need not read them
    /// for it, and what becomes of them afterwards shows when the file is read. Null where it is not known (the default).
    /// </summary>
    public virtual uint? Checksum => null;

    /// <summary>
    /// Keeps the memory valid until the returned object is disposed, even if the tensor that it belongs to is disposed before. Null
    /// where a reference to this object does that (the default).
    /// </summary>
    public virtual IDisposable? Hold() => null;

    /// <summary>Reads bytes straight from where they are stored, where they are not in memory yet.</summary>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="destination">The memory to fill.</param>
    /// <returns>False if they are in memory, at <see cref="Address"/> (the default).</returns>
    /// <exception cref="CheckpointException">Reading failed.</exception>
    public virtual bool TryRead(long offset, Span<byte> destination) => false;

    /// <summary>A window on the bytes, without a copy. Keep this object reachable while the window is in use.</summary>
    /// <param name="offset">Where the window starts, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window leaves the storage.</exception>
    public unsafe ReadOnlySpan<byte> GetBytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - length);
        return length == 0 ? [] : new ReadOnlySpan<byte>((byte*)Address + offset, length);
    }
}
