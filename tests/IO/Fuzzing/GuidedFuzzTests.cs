using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using Fulgurite.Tests.IO.Torch;

namespace Fulgurite.Tests.IO;

/// <summary>
/// Keeps the inputs that reach new branches of the readers and mutates those. <c>eng/fuzz.sh</c> instruments the readers for it; what it
/// kept is in <c>corpus/</c> and loaded by every run of the tests.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class GuidedFuzzTests(TestContext context)
{
    private const int MapLength = 1 << 16;
    private const int MaxLength = 16 << 10;

    // The classes of hit counts of AFL: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.
    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(count => (byte)(count switch
    {
        <= 3 => count switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 },
        <= 7 => 8,
        <= 15 => 16,
        <= 31 => 32,
        <= 127 => 64,
        _ => 128,
    }))];

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public void Load_InputsOfTheCorpus_GiveNothingButCheckpointExceptions(string format)
    {
        var count = 0;
        using var corpus = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Fuzzing", "corpus", $"{format}.zip"));
        foreach (var entry in corpus.Entries)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            FuzzTests.Load(bytes.ToArray(), count++, TimeSpan.FromSeconds(10));
        }

        Assert.IsGreaterThan(50, count);
    }

    [TestMethod]
    [Timeout(24 * 60 * 60 * 1000, CooperativeCancellation = true)]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public unsafe void Load_InputsChosenByCoverage_GiveNothingButCheckpointExceptions(string format)
    {
        var seconds = Environment.GetEnvironmentVariable("FULGURITE_FUZZ_SECONDS");
        if (seconds is null || Type.GetType("SharpFuzz.Common.Trace, SharpFuzz.Common") is not { } trace)
        {
            Assert.Inconclusive("Run eng/fuzz.sh.");
            return;
        }

        if (Environment.GetEnvironmentVariable("FULGURITE_FUZZ_FORMAT") is { Length: > 0 } wanted && wanted != format)
        {
            return;
        }

        var map = GC.AllocateArray<byte>(MapLength, pinned: true);
        trace.GetField("SharedMem", BindingFlags.Public | BindingFlags.Static)!.SetValue(
            null, Pointer.Box(System.Runtime.CompilerServices.Unsafe.AsPointer(ref map[0]), typeof(byte*)));
        var previous = trace.GetField("PrevLocation", BindingFlags.Public | BindingFlags.Static)!;
        var isTorch = format == "torch";
        var queue = FuzzTests.Seeds().Where(file => file.AsSpan().StartsWith("PK"u8) == isTorch).Select(
            file => (File: file, IsPickle: false)).ToList();
        if (isTorch)
        {
            queue.Add((FuzzTests.Pickle, true));
        }

        var seeds = queue.ConvertAll(input => input.File);
        var random = new Random(int.Parse(Environment.GetEnvironmentVariable("FULGURITE_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture));
        var seen = new byte[MapLength];
        var storage = new MemoryStorage();
        var io = new TorchCheckpointIO(storage);
        var zip = new PickleZip();
        var count = 0L;
        var first = queue.Count;
        var slowest = TimeSpan.Zero;
        var end = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        var last = long.Parse(Environment.GetEnvironmentVariable("FULGURITE_FUZZ_INPUTS") ?? "0", CultureInfo.InvariantCulture);
        var watch = Stopwatch.StartNew();
        for (; last > 0 ? count < last : watch.Elapsed < end; count++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var (file, isPickle) = count < first
                ? queue[(int)count]
                : queue[random.Next(4) == 0 ? random.Next(queue.Count) : Math.Max(random.Next(queue.Count), random.Next(queue.Count))];
            file = (byte[])file.Clone();
            for (var change = count < first ? 0 : 1 << random.Next(4); change > 0; change--)
            {
                file = FuzzTests.Change(file, seeds, random);
            }

            if (file.Length > MaxLength)
            {
                file = file[..MaxLength];
            }

            Array.Clear(map);
            previous.SetValue(null, 0);
            var begun = watch.Elapsed;
            FuzzTests.Load(storage, io, isPickle ? zip.With(file) : file, count, Longest);
            slowest = watch.Elapsed - begun > slowest ? watch.Elapsed - begun : slowest;
            if (Merge(map, seen) && count >= first)
            {
                queue.Add((file, isPickle));
            }
        }

        context.WriteLine(
            $"{format}: {count} inputs, {count / watch.Elapsed.TotalSeconds:F0} a second, {queue.Count} kept, "
                + $"{seen.Count(hits => hits != 0)} edges, slowest {slowest.TotalMilliseconds:F0} ms");
        Keep(
            format,
            queue.Skip(first).Select(input => input.IsPickle ? ZipBuilder.Torch(input.File, new byte[48], new byte[6]) : input.File));
        Assert.IsGreaterThan(100, seen.Count(hits => hits != 0), "The readers are not instrumented.");
    }

    /// <summary>Adds the hit counts of an input to those seen; returns whether any is new.</summary>
    private static bool Merge(ReadOnlySpan<byte> map, byte[] seen)
    {
        var isNew = false;
        for (var start = 0; map[start..].IndexOfAnyExcept((byte)0) is >= 0 and var next; start++)
        {
            start += next;
            var hits = Classes[map[start]];
            isNew |= (hits & ~seen[start]) != 0;
            seen[start] |= hits;
            if (start == map.Length - 1)
            {
                break;
            }
        }

        return isNew;
    }

    private static void Keep(string format, IEnumerable<byte[]> inputs)
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_FUZZ_OUTPUT") is not { } folder)
        {
            return;
        }

        var path = Path.Combine(folder, $"{format}.zip");
        File.Delete(path);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (index, input) in inputs.Index())
        {
            var entry = zip.CreateEntry($"{index:D5}", CompressionLevel.SmallestSize);
            entry.LastWriteTime = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var stream = entry.Open();
            stream.Write(input);
        }
    }

    /// <summary>
    /// A torch file around any pickle, without a checksum of it: a copy with its lengths put in, because writing a zip takes longer than
    /// reading it.
    /// </summary>
    private sealed class PickleZip
    {
        private readonly byte[] _start, _end;
        private readonly int _localHeader, _directoryEntry;

        public PickleZip()
        {
            const int localHeaderLength = 30;
            var name = "a/data.pkl"u8;
            var file = ZipBuilder.Zip([
                ("a/version", "3\n"u8.ToArray()),
                ("a/data/0", new byte[48]),
                ("a/data/1", new byte[6]),
                ("a/data.pkl", []),
            ]);
            _localHeader = file.AsSpan().IndexOf(name) - localHeaderLength;
            var data = _localHeader + localHeaderLength + name.Length;
            (_start, _end) = (file[..data], file[data..]);
            _directoryEntry = _end.AsSpan().IndexOf(name) - 46;
        }

        public byte[] With(byte[] pickle)
        {
            byte[] file = [.. _start, .. pickle, .. _end];
            Put(_localHeader + 18);
            Put(_start.Length + pickle.Length + _directoryEntry + 20);
            var directory = file.AsSpan(file.Length - 22 + 16);
            BinaryPrimitives.WriteInt32LittleEndian(directory, _start.Length + pickle.Length);
            return file;

            void Put(int offset)
            {
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset), pickle.Length);
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset + sizeof(int)), pickle.Length);
            }
        }
    }
}
