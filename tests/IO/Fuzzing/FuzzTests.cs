using System.Diagnostics;
using System.Globalization;
using Fulgurite.Tests.IO.Increments;
using Fulgurite.Tests.IO.Sharded;
using Fulgurite.Tests.IO.Torch;

namespace Fulgurite.Tests.IO;

/// <summary>
/// Mutates valid files and loads them: nothing but a <see cref="CheckpointException"/> may come of it. A short run by default;
/// FULGURITE_FUZZ=1000000 makes as many inputs, FULGURITE_FUZZ_SEED starts elsewhere.
/// </summary>
[TestClass]
public sealed class FuzzTests
{
    internal static readonly byte[] Pickle = SmallPickle();

    // Many at once, on whatever machine: the tests of one input at a time have less.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private const int Attempts = 3;
    private const long MostBytes = 256L << 20;

    private static readonly LoadOptions Whole = new() { Verify = false };
    private static readonly LoadOptions Verified = new() { Verify = true };
    private static readonly LoadOptions Part = new() { Verify = false, Only = ["state_dict"] };
    private static readonly LoadOptions VerifiedPart = new() { Verify = true, Only = ["state_dict"] };

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Load_MutatedFiles_GiveNothingButCheckpointExceptions()
    {
        var count = Number("FULGURITE_FUZZ", 4000);
        var seed = Number("FULGURITE_FUZZ_SEED", 1);
        var seeds = Seeds();
        var loaded = 0L;
        Parallel.For(0, count, index =>
        {
            var random = new Random(unchecked((seed * 1_000_003) + index));
            var file = Mutate(seeds, random);
            if (Load(file, index, Longest))
            {
                Interlocked.Increment(ref loaded);
            }
        });

        TestContext.WriteLine($"{count} inputs, {loaded} of them still loaded");
        Assert.IsLessThan(count, (int)loaded);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Load_MutatedFileOfSeveral_GivesNothingButCheckpointExceptions(bool isIncremental)
    {
        var count = Number("FULGURITE_FUZZ", 4000) / 2;
        var seed = Number("FULGURITE_FUZZ_SEED", 1);
        var intact = new MemoryStorage();
        SaveSeveral(intact, isIncremental);
        var paths = intact.Paths.Order(StringComparer.Ordinal).ToList();
        var seeds = paths.ConvertAll(path => intact[path]);
        Assert.IsGreaterThan(2, paths.Count);
        var loaded = 0L;
        Parallel.For(0, count, index =>
        {
            var random = new Random(unchecked((seed * 1_000_003) + index));
            var storage = new MemoryStorage();
            paths.ForEach(each => storage[each] = intact[each]);
            var path = paths[random.Next(paths.Count)];
            storage[path] = Change((byte[])intact[path].Clone(), seeds, random);
            var loading = new TorchCheckpointIO(storage).LoadCheckpointAsync(
                "run/last", index % 2 == 0 ? VerifiedPart : Whole, CancellationToken.None);
            if (loading.Exception?.InnerException is { } failure and not CheckpointException)
            {
                throw new AssertFailedException($"Input {index}, '{path}' kept at {Keep(storage[path], index)}, gave {failure}", failure);
            }

            if (loading.IsCompletedSuccessfully)
            {
                loading.Result.Dispose();
                Interlocked.Increment(ref loaded);
            }
        });

        TestContext.WriteLine($"{count} inputs, {loaded} of them still loaded");
        Assert.IsLessThan(count, (int)loaded);
    }

    private static void SaveSeveral(MemoryStorage storage, bool isIncremental)
    {
        if (!isIncremental)
        {
            ShardedSamples.Save(new ShardedCheckpointIO(storage), "run/last", 2, 1, layers: 1);
            return;
        }

        var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(100, 64);
        for (var save = 0; save < 3; save++)
        {
            using var state = embeddings.State();
            io.SaveCheckpointAsync(state, "run/last", null, CancellationToken.None).GetAwaiter().GetResult();
            embeddings.Touch(1);
        }
    }

    /// <summary>Loads an input in one of several ways.</summary>
    /// <returns>Whether it is a checkpoint.</returns>
    internal static bool Load(byte[] file, int index, TimeSpan longest)
    {
        var storage = new MemoryStorage();
        return Load(storage, new TorchCheckpointIO(storage), file, index, longest);
    }

    /// <summary>Loads an input in one of several ways, in a storage that is used again.</summary>
    /// <returns>Whether it is a checkpoint.</returns>
    internal static bool Load(MemoryStorage storage, CheckpointIO io, byte[] file, long index, TimeSpan longest)
    {
        storage["a"] = file;
        var options = index % 5 == 0 ? (index % 2 == 0 ? VerifiedPart : Part) : (index % 2 == 0 ? Verified : Whole);
        for (var attempt = 1; ; attempt++)
        {
            var start = Stopwatch.GetTimestamp();
            var before = GC.GetAllocatedBytesForCurrentThread();

            // The task has completed, and its failure is only looked at: raising it again takes as long as the rest.
            var loading = io.LoadCheckpointAsync("a", options, CancellationToken.None);
            if (loading.Exception?.InnerException is { } failure and not CheckpointException)
            {
                throw new AssertFailedException($"Input {index}, kept at {Keep(file, index)}, gave {failure}", failure);
            }

            var (elapsed, allocated) = (Stopwatch.GetElapsedTime(start), GC.GetAllocatedBytesForCurrentThread() - before);
            if (loading.IsCompletedSuccessfully)
            {
                loading.Result.Dispose();
            }

            // Another process may have had the processor meanwhile; an input that is slow by itself is slow each time.
            if (allocated >= MostBytes || (elapsed >= longest && attempt == Attempts))
            {
                throw new AssertFailedException($"Input {index}, kept at {Keep(file, index)}, took {elapsed} and {allocated} bytes.");
            }

            if (elapsed < longest)
            {
                return loading.IsCompletedSuccessfully;
            }
        }
    }

    private static string Keep(byte[] file, long index)
    {
        var path = Path.Combine(Path.GetTempPath(), $"fulgurite-fuzz-{index}");
        File.WriteAllBytes(path, file);
        return path;
    }

    private static byte[] Mutate(List<byte[]> seeds, Random random)
    {
        // One in three is a pickle that is broken inside a zip that is not, so that no checksum stands before the reader of pickles.
        var isPickle = random.Next(3) == 0;
        var file = (byte[])(isPickle ? Pickle : seeds[random.Next(seeds.Count)]).Clone();
        for (var change = random.Next(1, 6); change > 0; change--)
        {
            file = Change(file, seeds, random);
        }

        return isPickle ? ZipBuilder.Torch(file, new byte[48], new byte[6]) : file;
    }

    internal static byte[] Change(byte[] file, IReadOnlyList<byte[]> seeds, Random random)
    {
        if (file.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        var place = random.Next(file.Length);
        var length = random.Next(1, Math.Min(64, file.Length - place) + 1);
        switch (random.Next(9))
        {
            case 0:
                file[place] ^= (byte)(1 << random.Next(8));
                return file;
            case 1:
                file[place] = (byte)random.Next(256);
                return file;
            case 2:
                file[place] = new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)'(', (byte)'R', (byte)'.' }[random.Next(8)];
                return file;
            case 3:
                return file[..place];
            case 4:
                return [.. file[..place], .. file[(place + length)..]];
            case 5:
                return [.. file[..place], .. file.AsSpan(place, length), .. file[place..]];
            case 6:
                file.AsSpan(place, length).Fill((byte)random.Next(256));
                return file;
            case 7:
                // A length, count or offset of extremes.
                var extremes = new[] { -1L, 0, 1, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue, file.Length };
                var bytes = BitConverter.GetBytes(extremes[random.Next(extremes.Length)]);
                bytes.AsSpan(0, Math.Min(new[] { 2, 4, 8 }[random.Next(3)], file.Length - place)).CopyTo(file.AsSpan(place));
                return file;
            default:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length);
                other.AsSpan(from, Math.Min(Math.Min(length, other.Length - from), file.Length - place)).CopyTo(file.AsSpan(place));
                return file;
        }
    }

    private static byte[] SmallPickle()
    {
        using var state = Small();
        return TorchPickler.Write(state.Root, StorageLayout.Of(state)).ToArray();
    }

    internal static TrainingState Small() =>
        new(new StateMap
        {
            { "epoch", 1 },
            {
                "state_dict",
                new StateMap
                {
                    { "w", StateSamples.Tensor(ScalarType.Float32, 1, 3, 4) },
                    { "b", StateSamples.Tensor(ScalarType.BFloat16, 2, 3) },
                }
            },
            {
                "optimizer_states",
                new StateList(
                [
                    new StateMap
                    {
                        { "state", new StateMap { { 0, new StateMap { { "step", 1.0 } } } } },
                        { "betas", new StateList([0.9, 0.99], isTuple: true) },
                    },
                ])
            },
            { "object", new StateObject("m.C", new StateList([1], isTuple: true), new StateMap { { "x", "y" } }) },
            { "bytes", new StateBytes(new byte[] { 1, 2, 3 }) },
        });

    internal static List<byte[]> Seeds()
    {
        using var small = Small();
        using var everything = StateSamples.Everything();
        var storage = new MemoryStorage();
        foreach (var (name, state) in new[] { ("small", small), ("everything", everything) })
        {
            new TorchCheckpointIO(storage).SaveCheckpointAsync(state, $"{name}.pt", null, CancellationToken.None).GetAwaiter().GetResult();
            new SafetensorsCheckpointIO(storage)
                .SaveCheckpointAsync(state, $"{name}.safetensors", null, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
        }

        var pickle = new PickleBuilder()
            .Op('}')
            .Op('(')
            .Text("w")
            .Tensor(4, 0, [2, 2], [2, 1])
            .Text("l")
            .Op(']')
            .Op('q')
            .Raw(1)
            .Op('h')
            .Raw(1)
            .Op('a')
            .Op('u')
            .Stop();

        // Checksums would catch what happens inside most of these before the readers below see it, so some have none.
        return
        [
            .. storage.Paths.Select(path => storage[path]),
            ZipBuilder.Torch(pickle, new byte[16]),
            .. storage.Paths.Where(path => path.StartsWith("small", StringComparison.Ordinal)).Select(path => storage[path]),
        ];
    }

    private static int Number(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : fallback;
}
