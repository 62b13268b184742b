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
            }

            AllLoad($"after save {save}");
        }

        await TryAsync(() => io.DisposeAsync().AsTask());
        AllLoad("at the end");

        // The next run finds what this one has left, saves, and removes the rest.
        var operations = faulty.Operations;
        await using (io = new IncrementalCheckpointIO(storage: new FaultyStorage(memory) { Links = links, Lists = lists }))
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

            foreach (var (path, expected) in saved.Where(entry => !memory.Exists(entry.Key)))
            {
                Assert.IsTrue(dies || failsAt > 0, $"{path} is gone {when}");
            }
        }
    }

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
