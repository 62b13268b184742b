using System.Runtime.InteropServices;
using Fulgurite.IO;

namespace Fulgurite.Bench.Objects;

/// <summary>The downloads of the SDK to where its users need the bytes. What arrives is compared with what was uploaded.</summary>
internal sealed class SdkDownloads : IDisposable
{
    private readonly SdkTransfer _sdk;
    private readonly string _file;
    private readonly (long Length, uint Checksum) _expected;
    private NewMemory? _memory;
    private long _received;
    private Nowhere _nowhere = new(isChecked: true);

    /// <summary>Initializes the downloads.</summary>
    /// <param name="sdk">The SDK.</param>
    /// <param name="uploaded">The file that it has uploaded.</param>
    /// <param name="file">The file to download to.</param>
    public SdkDownloads(SdkTransfer sdk, string uploaded, string file) => (_sdk, _file, _expected) = (sdk, file, Describe(uploaded));

    /// <summary>Discards the bytes.</summary>
    public Task ToNowhereAsync() => _sdk.DownloadAsync(_nowhere);

    /// <summary>Compares the first time the bytes, which takes time, and then their number.</summary>
    public void CheckNowhere()
    {
        Compare((_nowhere.Length, _nowhere.Checksum ?? _expected.Checksum));
        _nowhere = new Nowhere(isChecked: false);
    }

    /// <summary>Writes a new file, which stays in the page cache.</summary>
    public Task ToFileAsync() => _sdk.DownloadAsync(_file);

    public void CheckFile()
    {
        Compare(Describe(_file));
        File.Delete(_file);
    }

    /// <summary>Writes to new memory, like a load: the system clears its pages.</summary>
    public async Task ToMemoryAsync()
    {
        _memory = new NewMemory(_expected.Length);
        await using var stream = _memory.OpenWrite();
        await _sdk.DownloadAsync(stream);
        _received = stream.Position;
    }

    public void CheckMemory()
    {
        Compare((_received, _memory!.Checksum));
        Dispose();
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _memory = null;
    }

    private static (long Length, uint Checksum) Describe(string file)
    {
        using var stream = File.OpenRead(file);
        using var check = new Nowhere(isChecked: true);
        stream.CopyTo(check, 1 << 20);
        return (check.Length, check.Checksum!.Value);
    }

    private void Compare((long Length, uint Checksum) found)
    {
        if (found != _expected)
        {
            throw new InvalidDataException(
                $"The SDK delivered {found.Length} bytes with the CRC-32 {found.Checksum:x8}, not the uploaded {_expected.Length} with "
                    + $"{_expected.Checksum:x8}: its speed means nothing.");
        }
    }

    /// <summary>Counts the bytes, and computes their checksum if requested.</summary>
    private sealed class Nowhere(bool isChecked) : Stream
    {
        private long _length;

        public uint? Checksum { get; private set; } = isChecked ? 0 : null;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position { get => _length; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _length += buffer.Length;
            Checksum = Checksum is { } crc ? Crc32.Of(buffer, crc) : null;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private sealed unsafe class NewMemory(long length) : IDisposable
    {
        private readonly byte* _address = (byte*)NativeMemory.Alloc((nuint)length);

        public uint Checksum
        {
            get
            {
                using var check = new Nowhere(isChecked: true);
                using var stream = new UnmanagedMemoryStream(_address, length);
                stream.CopyTo(check, 1 << 20);
                return check.Checksum!.Value;
            }
        }

        public UnmanagedMemoryStream OpenWrite() => new(_address, length, length, FileAccess.Write);

        public void Dispose() => NativeMemory.Free(_address);
    }
}
