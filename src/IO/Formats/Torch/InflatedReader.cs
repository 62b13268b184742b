using System.IO.Compression;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// A reader for a compressed zip, such as files of TorchSharp.PyBridge. All contents are decompressed into memory, one after the other, and
/// can be read as if they were stored uncompressed.
/// </summary>
internal sealed class InflatedReader : StorageReader
{
    /// <summary>The memory that is allowed for any file, in bytes.</summary>
    private const long FreeBytes = 64 << 20;

    /// <summary>The additional memory allowed, as a multiple of the file length. Trained weights compress to a half at best.</summary>
    private const int MaxRatio = 64;

    private readonly HostTensorStorage _memory;

    /// <summary>Decompresses a zip.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="CheckpointCorruptException">The lengths do not match the directory, or exceed the limit.</exception>
    public InflatedReader(StorageReader reader, ZipDirectory directory, CancellationToken cancellationToken)
        : base(reader.Path)
    {
        var (length, limit) = (0L, FreeBytes + (MaxRatio * reader.Length));
        Directory = directory.Move(entry =>
        {
            if (entry.Length > limit - length)
            {
                throw Corrupt(
                    $"it is compressed, and its {reader.Length} bytes declare more than {limit} uncompressed bytes, which is the limit. "
                        + "Save it again with torch.save",
                    entry.HeaderOffset);
            }

            var moved = entry with { DataOffset = length };
            length += entry.Length;
            return moved;
        });

        _memory = new HostTensorStorage(length);
        try
        {
            for (var index = 0; index < directory.Count; index++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Inflate(reader, directory[index], Directory[index].DataOffset, directory.TextOf(directory[index]));
            }
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>Gets the entries with their offsets in this reader.</summary>
    public ZipDirectory Directory { get; }

    public override long Length => _memory.ByteLength;

    public override bool IsCheapToReread => true;

    public override unsafe void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset)
        {
            throw EndOfFile(offset, destination.Length);
        }

        new ReadOnlySpan<byte>((byte*)_memory.Address + offset, destination.Length).CopyTo(destination);
    }

    protected override void Dispose(bool disposing) => _memory.Dispose();

    private unsafe void Inflate(StorageReader reader, in ZipEntry entry, long offset, string name)
    {
        using Stream content = new ReaderStream(reader, entry.DataOffset, entry.StoredLength);
        using var inflated = entry.IsCompressed ? new DeflateStream(content, CompressionMode.Decompress) : content;
        using var target = new UnmanagedMemoryStream((byte*)_memory.Address + offset, 0, entry.Length, FileAccess.Write);
        try
        {
            inflated.CopyTo(target);
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
        {
            // A stream over memory of a fixed length cannot grow.
            throw Corrupt(
                $"the compressed entry '{name}' is damaged, or longer than the declared {entry.Length} bytes", entry.HeaderOffset);
        }

        if (target.Length != entry.Length)
        {
            throw Corrupt($"the compressed entry '{name}' has {target.Length} bytes; {entry.Length} are declared", entry.HeaderOffset);
        }
    }

    private CheckpointCorruptException Corrupt(string found, long offset) =>
        new($"The checkpoint '{Path}' cannot be read: {found} (byte {offset}).", Path) { Offset = offset };

    /// <summary>A region of a file as a stream.</summary>
    private sealed class ReaderStream(StorageReader reader, long offset, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - _position);
            reader.Read(offset + _position, buffer[..count]);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
