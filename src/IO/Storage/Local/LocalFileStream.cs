namespace Fulgurite.IO;

/// <summary>A write-only stream over a <see cref="LocalFileTarget"/>, for content produced sequentially.</summary>
internal sealed class LocalFileStream : Stream
{
    private const int BufferSize = 1 << 16;

    private readonly LocalFileTarget _target;
    private long _length;

    private LocalFileStream(LocalFileTarget target) => _target = target;

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get; set; }

    /// <summary>Calls a delegate to write the file and returns its length.</summary>
    public static long Write(LocalFileTarget target, Action<Stream> write)
    {
        using var file = new LocalFileStream(target);
        using var buffer = new BufferedStream(file, BufferSize);
        write(buffer);
        if (buffer.CanWrite)
        {
            buffer.Flush();
        }

        return file.Length;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _target.Write(Position, buffer);
        Position += buffer.Length;
        _length = Math.Max(_length, Position);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => _length,
    };

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
