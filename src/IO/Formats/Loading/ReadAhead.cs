using System.Buffers;

namespace Fulgurite.IO;

/// <summary>
/// Reads small regions of a file that follow each other with one call for many: a call for each takes longer than its bytes. Each thread
/// has a window of its own. Thread-safe.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private const int WindowSize = 256 << 10;
    private const int LargestSmall = WindowSize / 4;

    /// <summary>The maximum gap between two reads in sequence: a header and its padding.</summary>
    private const int MaxGap = 4 << 10;

    private readonly Window[] _windows = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Window())];
    private bool _isDisposed;

    /// <summary>Fills a buffer from a file.</summary>
    /// <param name="reader">The file, which is always the same.</param>
    /// <param name="offset">The offset in the file, in bytes.</param>
    /// <param name="destination">The buffer.</param>
    public void Read(StorageReader reader, long offset, Span<byte> destination)
    {
        var window = _windows[Environment.CurrentManagedThreadId % _windows.Length];
        if (destination.Length > LargestSmall || !Monitor.TryEnter(window))
        {
            reader.Read(offset, destination);
            return;
        }

        try
        {
            if (!window.TryRead(offset, destination))
            {
                var isNext = offset - window.LastEnd is >= 0 and <= MaxGap && offset + destination.Length <= reader.Length;
                if (isNext && !_isDisposed)
                {
                    window.Fill(reader, offset);
                }

                // Not through the window if the range goes beyond the end of the file, which the reader refuses.
                if (!isNext || !window.TryRead(offset, destination))
                {
                    reader.Read(offset, destination);
                }
            }

            window.LastEnd = offset + destination.Length;
        }
        finally
        {
            Monitor.Exit(window);
        }
    }

    /// <summary>Frees the windows.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var window in _windows)
        {
            lock (window)
            {
                window.Free();
            }
        }
    }

    /// <summary>A part of the file in memory.</summary>
    private sealed class Window
    {
        private byte[] _bytes = [];
        private long _start;
        private int _length;

        public long LastEnd { get; set; } = -MaxGap - 1;

        public bool TryRead(long offset, Span<byte> destination)
        {
            if (offset < _start || offset + destination.Length > _start + _length)
            {
                return false;
            }

            _bytes.AsSpan((int)(offset - _start), destination.Length).CopyTo(destination);
            return true;
        }

        public void Fill(StorageReader reader, long offset)
        {
            _bytes = _bytes.Length == 0 ? ArrayPool<byte>.Shared.Rent(WindowSize) : _bytes;
            _length = 0;
            var length = (int)Math.Min(WindowSize, reader.Length - offset);
            reader.Read(offset, _bytes.AsSpan(0, length));
            (_start, _length) = (offset, length);
        }

        public void Free()
        {
            if (_bytes.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            (_bytes, _length) = ([], 0);
        }
    }
}
