using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>
/// The content of an increment: extents, which in their order make up the data of the complete file. An extent is a range of the data of
/// the base, or the next bytes of the increment.
/// </summary>
/// <param name="header">The header of the complete file.</param>
internal sealed class IncrementLayout(byte[] header)
{
    private readonly List<Extent> _extents = [];
    private readonly List<(nint Address, long Length, object Owner)> _changed = [];

    /// <summary>Gets the length of the changed bytes.</summary>
    public long ChangedBytes { get; private set; }

    /// <summary>Gets the length of the increment.</summary>
    public long FileLength => IncrementFile.PageSize + (_extents.Count * (long)Marshal.SizeOf<Extent>()) + header.Length + ChangedBytes;

    /// <summary>Adds a range of the base.</summary>
    public void AddKept(long source, long length)
    {
        if (_extents.Count > 0 && _extents[^1] is { IsChanged: false } last && last.Source + last.Length == source)
        {
            _extents[^1] = last with { Length = last.Length + length };
        }
        else if (length > 0)
        {
            _extents.Add(new Extent(length, source));
        }
    }

    /// <summary>Adds changed bytes of an entry.</summary>
    public void AddChanged(in StoredTensor entry, long start, long length)
    {
        if (length == 0)
        {
            return;
        }

        _changed.Add((entry.Address + (nint)start, length, entry.Owner));
        ChangedBytes += length;
        if (_extents.Count > 0 && _extents[^1].IsChanged)
        {
            _extents[^1] = _extents[^1] with { Length = _extents[^1].Length + length };
        }
        else
        {
            _extents.Add(new Extent(length, Extent.Changed));
        }
    }

    /// <summary>Lays out the file.</summary>
    /// <param name="baseName">The file name of the base.</param>
    /// <param name="baseDigest">The digest of the base.</param>
    /// <param name="position">The number of files before it in the chain.</param>
    /// <param name="page">The first page, complete once the content has been written.</param>
    public FileContent ToFile(string baseName, string baseDigest, int position, out byte[] page)
    {
        page = IncrementFile.Format(baseName, baseDigest, position, _extents.Count, header.Length, ChangedBytes);
        var extents = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_extents)).ToArray();
        var content = new FileContent(_changed.Count + 3);
        var first = new FirstPage(page, content, Crc32.Of(extents), Crc32.Of(header));
        content.AddLate(page.Length, first, 0);
        content.Add(extents);
        content.Add(header);
        foreach (var (address, length, owner) in _changed)
        {
            first.Add(content.AddMemory(address, length, owner), length);
        }

        return content;
    }

    /// <summary>Completes the page with the checksum of the changed bytes, which is known once they have been read for writing.</summary>
    private sealed class FirstPage(byte[] page, FileContent content, uint extents, uint header) : IDeferredPart
    {
        private readonly List<(int Number, long Length)> _parts = [];
        private bool _isComplete;

        public void Add(int number, long length) => _parts.Add((number, length));

        public void Write(int part, int start, Span<byte> destination)
        {
            lock (_parts)
            {
                if (!_isComplete)
                {
                    var data = 0u;
                    foreach (var (number, length) in _parts)
                    {
                        data = Crc32.Join(data, content.GetChecksum(number), length);
                    }

                    IncrementFile.Complete(page, [extents, header, data]);
                    _isComplete = true;
                }
            }

            page.AsSpan(start, destination.Length).CopyTo(destination);
        }
    }
}

/// <summary>A range of the data of a complete file.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Source">Its offset in the data of the base, or <see cref="Changed"/> for the next bytes of the increment.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Extent(long Length, long Source)
{
    public const long Changed = -1;

    public bool IsChanged => Source == Changed;
}
