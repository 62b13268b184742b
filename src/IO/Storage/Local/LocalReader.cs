using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>A reader of a local file.</summary>
internal sealed class LocalReader : StorageReader
{
    private readonly SafeFileHandle _file;

    public LocalReader(string path, SafeFileHandle file, int concurrency)
        : base(path)
    {
        _file = file;
        Concurrency = concurrency;
        Length = RandomAccess.GetLength(file);
    }

    public override long Length { get; }

    public override int Concurrency { get; }

    public override bool IsCheapToReread => true;

    public override void Read(long offset, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            int count;
            try
            {
                count = RandomAccess.Read(_file, destination[done..], offset + done);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.Describe(exception, Path, "read");
            }

            if (count == 0)
            {
                throw EndOfFile(offset, destination.Length);
            }

            done += count;
        }
    }

    public override FileMapping? Map() => Length == 0 ? null : new LocalMapping(_file, Length);

    protected override void Dispose(bool disposing) => _file.Dispose();
}
