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
        var count = 0;
        var first = queue.Count;
        var slowest = TimeSpan.Zero;
        var end = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < end && !context.CancellationToken.IsCancellationRequested; count++)
        {
            var (file, isPickle) = count < first
                ? queue[count]
                : queue[random.Next(4) == 0 ? random.Next(queue.Count) : Math.Max(random.Next(queue.Count), random.Next(queue.Count))];
            file = [.. file];
            for (var change = count < first ? 0 : 1 << random.Next(4); change > 0; change--)
            {
                file = FuzzTests.Change(file, seeds, random);
            }

            if (file.Length > MaxLength)
            {
                continue;
            }

            Array.Clear(map);
            previous.SetValue(null, 0);
            var begun = watch.Elapsed;
            FuzzTests.Load(isPickle ? ZipBuilder.Torch(file, new byte[48], new byte[6]) : file, count, Longest);
            slowest = watch.Elapsed - begun > slowest ? watch.Elapsed - begun : slowest;
            if (Merge(map, seen) && count >= first)
            {
                queue.Add((file, isPickle));
            }
        }

        context.WriteLine(
            $"{format}: {count} inputs, {queue.Count} kept, {seen.Count(hits => hits != 0)} edges, "
                + $"slowest {slowest.TotalMilliseconds:F0} ms");
        Keep(
            format,
            queue.Skip(first).Select(input => input.IsPickle ? ZipBuilder.Torch(input.File, new byte[48], new byte[6]) : input.File));
        Assert.IsGreaterThan(100, seen.Count(hits => hits != 0), "The readers are not instrumented.");
    }

    private static bool Merge(byte[] map, byte[] seen)
    {
        var isNew = false;
        for (var place = 0; place < map.Length; place += sizeof(ulong))
        {
            if (BitConverter.ToUInt64(map, place) == 0)
            {
                continue;
            }

            for (var index = place; index < place + sizeof(ulong); index++)
            {
                var hits = Classes[map[index]];
                isNew |= (hits & ~seen[index]) != 0;
                seen[index] |= hits;
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
}
