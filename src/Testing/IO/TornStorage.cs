using Fulgurite.IO;

namespace Fulgurite.Testing;

/// <summary>
/// A storage that tears files, one after the other as it is told: what power cuts, lying disks and dying processes leave behind, without any
/// of them. What reads such a file has to say that it is damaged.
/// </summary>
/// <remarks>Files are written to memory first and then to what it wraps; places are drawn from a seed, so that a failure can be had again.</remarks>
/// <param name="inner">Where files go.</param>
/// <param name="seed">Decides which writes are hit.</param>
public sealed class TornStorage(IStorage inner, int seed = 1) : IStorage
{
    private const int Sector = 512;

    private readonly Random _random = new(seed);

    /// <summary>What happens to the next file that is written; afterwards nothing happens again. Set and used by one thread at a time.</summary>
    public StorageFault Next { get; set; }

    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var fault = Next;
        Next = StorageFault.None;
        if (fault == StorageFault.None)
        {
            return inner.Write(path, content, cancellationToken);
        }

        var memory = new MemoryStorage();
        memory.Write(path, content, cancellationToken);
        var torn = new FileContent();
        torn.Add(Tear(memory[path], fault, path));
        return inner.Write(path, torn, cancellationToken);
    }

    /// <inheritdoc/>
    public StorageReader Open(string path) => inner.Open(path);

    /// <inheritdoc/>
    public bool Exists(string path) => inner.Exists(path);

    /// <inheritdoc/>
    public void Delete(string path) => inner.Delete(path);

    /// <inheritdoc/>
    public bool TryLink(string existing, string path) => inner.TryLink(existing, path);

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory) => inner.List(directory);

    /// <inheritdoc/>
    public void Probe(string directory) => inner.Probe(directory);

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere) => inner.TryClaim(path, mayBeThere);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    private byte[] Tear(byte[] bytes, StorageFault fault, string path)
    {
        switch (fault)
        {
            case StorageFault.DiesWhileWriting:
                throw new CheckpointException($"The checkpoint '{path}' could not be saved: the storage died while it was written.", path) { IsTransient = true };
            case StorageFault.LosesTheEnd:
                return bytes[.._random.Next(bytes.Length)];
            case StorageFault.LosesAWrite:
                var lost = SectorWith(bytes, static sector => sector.ContainsAnyExcept((byte)0));
                lost.Span.Clear();
                return bytes;
            case StorageFault.SwapsWrites:
                var first = SectorWith(bytes, static _ => true);
                var second = SectorWith(bytes, sector => !sector.SequenceEqual(first.Span) && sector.Length == first.Length);
                var kept = first.ToArray();
                second.CopyTo(first);
                kept.CopyTo(second);
                return bytes;
            default:
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                return bytes;
        }
    }

    /// <summary>A stretch that a disk writes at once, for which something holds; the search begins anywhere.</summary>
    private Memory<byte> SectorWith(byte[] bytes, Predicate<Span<byte>> holds)
    {
        var count = Math.Max(1, bytes.Length / Sector);
        var start = _random.Next(count);
        for (var tried = 0; tried < count; tried++)
        {
            var offset = (start + tried) % count * Sector;
            var sector = bytes.AsMemory(offset, Math.Min(Sector, bytes.Length - offset));
            if (holds(sector.Span))
            {
                return sector;
            }
        }

        throw new InvalidOperationException($"The file of {bytes.Length} bytes has no stretch to tear. Save a state with tensors in it.");
    }

    private delegate bool Predicate<T>(T value)
        where T : allows ref struct;
}
