using Fulgurite.IO;

namespace Fulgurite.Testing;

/// <summary>
/// Damages files the way power cuts, unreliable disks and killed processes do. Readers of such a file must report it as damaged.
/// </summary>
/// <remarks>
/// A file is built in memory before it is written to the inner storage. Positions derive from a seed, so that failures are reproducible.
/// </remarks>
/// <param name="inner">The inner storage.</param>
/// <param name="seed">Selects the affected writes.</param>
public sealed class TornStorage(IStorage inner, int seed = 1) : WrappingStorage(inner)
{
    private const int Sector = 512;

    private readonly Random _random = new(seed);

    /// <summary>Gets or sets the fault of the next file; resets after it. Not thread-safe.</summary>
    public StorageFault Next { get; set; }

    /// <inheritdoc/>
    public override long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var fault = Next;
        Next = StorageFault.None;
        if (fault == StorageFault.None)
        {
            return Inner.Write(path, content, cancellationToken);
        }

        var memory = new MemoryStorage();
        memory.Write(path, content, cancellationToken);
        var torn = new FileContent();
        torn.Add(Tear(memory[path], fault, path));
        return Inner.Write(path, torn, cancellationToken);
    }

    private byte[] Tear(byte[] bytes, StorageFault fault, string path)
    {
        switch (fault)
        {
            case StorageFault.DiesWhileWriting:
                throw new CheckpointException(
                    $"The checkpoint '{path}' could not be saved: the storage failed during the write.", path)
                { IsTransient = true };
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

    /// <summary>Finds a sector that satisfies a condition, starting at a random position.</summary>
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

        throw new InvalidOperationException(
            $"The file of {bytes.Length} bytes has no region that can be damaged. Save a state with tensors in it.");
    }

    private delegate bool Predicate<T>(T value)
        where T : allows ref struct;
}

/// <summary>Specifies the effect of a <see cref="TornStorage"/> on the next file.</summary>
public enum StorageFault
{
    /// <summary>None: the file is written unchanged.</summary>
    None,

    /// <summary>The process dies during the writes: the save fails, and no file appears.</summary>
    DiesWhileWriting,

    /// <summary>The file is published without its end, as on a file system that ignores fsync.</summary>
    LosesTheEnd,

    /// <summary>The file is published with zeros in place of a write that did not reach the disk.</summary>
    LosesAWrite,

    /// <summary>The file is published with two regions swapped.</summary>
    SwapsWrites,

    /// <summary>The file is published with one flipped bit.</summary>
    FlipsABit,
}
