using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Saves and removals that fail, or whose process dies, at each operation of the storage.</summary>
[TestClass]
public sealed class ChainFaultTests
{
    private const int Saves = 7;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Stop => TestContext.CancellationToken;

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(false, false)]
    public async Task Save_FaultAtEachOperation_EveryCheckpointLoads(bool links, bool lists)
    {
        var count = await RunAsync(links, lists, failsAt: 0, dies: false, afterwards: false);
        Assert.IsGreaterThan(Saves * 3, count);
        for (var failsAt = 1; failsAt <= count; failsAt++)
        {
            foreach (var (dies, afterwards) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                await RunAsync(links, lists, failsAt, dies, afterwards);
            }
        }
    }

    [TestMethod]
    public async Task Save_BesideARunThatDoesNotSeeItsClaim_KeepsTheFilesOfTheLastDay()
    {
        var memory = new MemoryStorage();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var (first, embeddings) = (Process(), new Embeddings(100, 64));
        await SaveAsync(first, embeddings, "run/last");
        var bases = Chain();
        Assert.HasCount(1, bases, "The base of the next increment; the checkpoint is a full file and does not need it.");

        time.Advance(TimeSpan.FromHours(23));
        var second = Process();
        await SaveAsync(second, embeddings, "run/other");
        CollectionAssert.IsSubsetOf(bases, Chain(), "Another run may be about to name an increment of it.");

        time.Advance(TimeSpan.FromHours(2));
        await using var third = Process();
        await SaveAsync(third, embeddings, "run/third");
        Assert.IsEmpty(Chain().Intersect(bases), "A run that has written nothing for a day is considered to have ended.");

        // The first run has not ended, and saves again.
        embeddings.Touch(2);
        await SaveAsync(first, embeddings, "run/last");
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(memory, "run/last"));
        await first.DisposeAsync();
        await second.DisposeAsync();

        List<string> Chain() => [.. memory.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal))];

        IncrementalCheckpointIO Process() => new(
            storage: new FaultyStorage(memory) { ClaimsInProcess = true, Time = DateTimeOffset.UnixEpoch }, timeProvider: time);
    }

    [TestMethod]
    [DataRow("TryLink", true, 1)]
    [DataRow("Write", true, 1)]
    [DataRow("TryLink", false, 1)]
    [DataRow("TryLink", true, 0)]
    [DataRow("Write", true, 0)]
    public async Task Save_BaseRemovedDuringIt_WritesAFullFile(string operation, bool links, int removed)
    {
        var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory) { Links = links };
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(100, 64);
        await SaveAsync(io, embeddings, "run/last");
        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");
        var chain = memory.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        Assert.HasCount(2, chain);
        var isRemoved = false;
        storage.After = (name, _) =>
        {
            if (name == operation && !isRemoved)
            {
                memory.Delete(chain[removed]);
                isRemoved = true;
            }
        };

        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");

        Assert.IsTrue(isRemoved);
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(memory, "run/last"));
        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(memory, "run/last"));
        Assert.HasCount(2, memory.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal)), "A new chain.");
    }

    [TestMethod]
    public async Task Save_FirstFileOfTheChainRemoved_WritesAFullFileAtOnce()
    {
        var memory = new MemoryStorage();
        var storage = new MeteredStorage(memory);
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(100, 64);
        await SaveAsync(io, embeddings, "run/last");
        var first = memory.Paths.Single(path => path.StartsWith("run/chain/", StringComparison.Ordinal));
        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");
        memory.Delete(first);
        var files = storage.Files;

        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");

        Assert.AreEqual(1, storage.Files - files);
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(memory, "run/last"));
    }

    [TestMethod]
    public async Task Save_ReplacementThatAPowerFailureUndoes_KeepsTheOldBase()
    {
        var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 1 }, storage);
        var embeddings = new Embeddings(100, 64);
        await SaveAsync(io, embeddings, "run/last");
        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");
        var (old, expected) = (memory["run/last"], embeddings.FullFile());
        var bases = memory.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal)).ToList();

        // As a directory sync that fails after the rename.
        storage.After = (name, path) =>
        {
            if (name == "TryLink")
            {
                throw new CheckpointException("The directory could not be synced.", path) { IsInPlace = true };
            }
        };
        embeddings.Touch(2);
        await Assert.ThrowsAsync<CheckpointException>(() => SaveAsync(io, embeddings, "run/last"));
        storage.After = null;
        await SaveAsync(io, embeddings, "run/other");

        var replaced = memory["run/last"];
        memory["run/last"] = old;
        CollectionAssert.AreEqual(expected, Embeddings.Assemble(memory, "run/last"));
        memory["run/last"] = replaced;
        await SaveAsync(io, embeddings, "run/last");
        Assert.IsEmpty(memory.Paths.Intersect(bases), "A save that has succeeded cannot be undone.");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Read_CheckpointReplacedAndBaseRemovedMeanwhile_ReadsTheNewOne(bool verify)
    {
        var memory = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(storage: memory);
        var embeddings = new Embeddings(100, 64);
        await SaveAsync(io, embeddings, "run/last");
        embeddings.Touch(2);
        await SaveAsync(io, embeddings, "run/last");
        var first = memory.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal)).Min(StringComparer.Ordinal)!;
        var storage = new FaultyStorage(memory)
        {
            Before = (name, path) =>
            {
                if (name == "Open" && path == first && memory.Exists(first))
                {
                    memory["run/last"] = embeddings.FullFile();
                    memory.Delete(first);
                }
            },
        };

        await using var reader = new TorchCheckpointIO(storage);
        if (verify)
        {
            await reader.VerifyAsync("run/last", Stop);
        }
        else
        {
            using var loaded = await reader.LoadCheckpointAsync("run/last", null, Stop);
            CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.FullFileOf(loaded));
        }

        Assert.IsFalse(memory.Exists(first));
    }

    /// <summary>Rotates 'last', keeps every third save and removes others; returns the number of operations.</summary>
    private async Task<int> RunAsync(bool links, bool lists, int failsAt, bool dies, bool afterwards)
    {
        var memory = new MemoryStorage();
        var faulty = new FaultyStorage(memory)
        {
            Links = links,
            Lists = lists,
            FailsAt = failsAt,
            Dies = dies,
            FailsAfterwards = afterwards,
        };
        var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 3 }, faulty);
        var embeddings = new Embeddings(100, 64);
        var saved = new Dictionary<string, List<byte[]>>(StringComparer.Ordinal);
        var durable = new HashSet<string>(StringComparer.Ordinal);
        for (var save = 0; save < Saves; save++)
        {
            embeddings.Touch(2);
            await SaveAsync("run/last");
            if (save % 3 == 0)
            {
                await SaveAsync($"run/{save}");
            }

            if (save == 4)
            {
                await TryAsync(() => io.RemoveCheckpointAsync("run/0", Stop));
                saved.Remove("run/0");
                durable.Remove("run/0");
            }

            AllLoad($"after save {save}");
        }

        await TryAsync(() => io.DisposeAsync().AsTask());
        AllLoad("at the end");

        // The next run finds what this one has left, saves, and removes the rest.
        var operations = faulty.Operations;
        var old = new FaultyStorage(memory) { Links = links, Lists = lists, Time = DateTimeOffset.UnixEpoch };
        await using (io = new IncrementalCheckpointIO(storage: old))
        {
            await SaveAsync("run/last");
            AllLoad("after a resume");
        }

        AllLoad("after the end of the next run");
        if (lists && !dies)
        {
            Assert.IsLessThanOrEqualTo(4, memory.Paths.Count(path => path.StartsWith("run/chain/", StringComparison.Ordinal)));
        }

        return operations;

        async Task SaveAsync(string path)
        {
            var content = embeddings.FullFile();
            using var state = embeddings.State();
            if (await TryAsync(() => io.SaveCheckpointAsync(state, path, null, Stop)))
            {
                saved[path] = [content];
                durable.Add(path);
            }
            else
            {
                // A failed save leaves the old checkpoint, or the new one.
                saved.TryAdd(path, []);
                saved[path].Add(content);
            }
        }

        void AllLoad(string when)
        {
            foreach (var (path, expected) in saved.Where(entry => memory.Exists(entry.Key)))
            {
                var actual = Embeddings.Assemble(memory, path);
                Assert.IsTrue(
                    expected.Exists(content => content.AsSpan().SequenceEqual(actual)), $"{path} {when}, fault at {failsAt}");
            }

            foreach (var path in durable)
            {
                Assert.IsTrue(memory.Exists(path), $"{path} is gone {when}, fault at {failsAt}");
            }
        }
    }

    private Task SaveAsync(CheckpointIO io, Embeddings embeddings, string path) => embeddings.SaveAsync(io, path, Stop);

    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }
}
