namespace Fulgurite.Tests.IO.Sharded;

/// <summary>
/// Saves of several processes that fail or die at every call of the storage: what remains is the previous checkpoint or the new one, whole.
/// </summary>
[TestClass]
public sealed class ShardedFaultTests
{
    private const string Path = "run/last.ckpt";
    private const int Layers = 1;

    /// <summary>What happens at the call of the storage with the chosen number.</summary>
    public enum Fault
    {
        /// <summary>It fails without effect.</summary>
        Fails,

        /// <summary>It fails, but has had its effect: the answer of the store was lost.</summary>
        FailsAfterwards,

        /// <summary>All processes are killed before it.</summary>
        KillsBefore,

        /// <summary>All processes are killed after it.</summary>
        KillsAfter,
    }

    private static int Cases => Environment.GetEnvironmentVariable("FULGURITE_SLOW") == "1" ? 10_000 : 400;

    [TestMethod]
    public void Save_FaultAtEveryCall_LeavesOneWholeCheckpoint()
    {
        var cases = 0;
        var outcomes = new HashSet<(Fault, bool Durable, int Step)>();
        for (var seed = 0; cases < Cases; seed++)
        {
            var calls = Run(seed, Fault.Fails, int.MaxValue, outcomes);
            foreach (var fault in Enum.GetValues<Fault>())
            {
                for (var call = 1; call <= calls && cases < Cases; call++, cases++)
                {
                    Run(seed, fault, call, outcomes);
                }
            }
        }

        // Both outcomes of every kind of fault were met, so the faults were where they should be.
        foreach (var fault in Enum.GetValues<Fault>())
        {
            Assert.Contains((fault, false, 1), outcomes);
            Assert.Contains((fault, fault is Fault.Fails or Fault.FailsAfterwards, 2), outcomes);
        }
    }

    /// <summary>Saves step 1, step 2 with the fault, and step 3 as the resumed run would.</summary>
    /// <returns>The number of calls of the storage for step 2.</returns>
    private static int Run(int seed, Fault fault, int call, HashSet<(Fault, bool Durable, int Step)> outcomes)
    {
        var random = new Random(seed);
        var inner = new MemoryStorage();
        var (before, ranks, after) = (random.Next(1, 5), random.Next(1, 5), random.Next(1, 5));
        var first = new ShardedCheckpointIO(inner);
        ShardedSamples.Save(first, Path, before, 1, Layers);

        var storage = new FaultStorage(inner, fault, call);
        var isDurable = TrySave(new ShardedCheckpointIO(storage), storage, ranks, random);

        var what = $"seed {seed}, {fault} at call {call} of {ranks} ranks";
        var resumed = new ShardedCheckpointIO(inner);
        var step = ShardedSamples.LoadStep(resumed, Path, Layers);
        Assert.IsTrue(step == 2 || (step == 1 && !isDurable), what);
        outcomes.Add((fault, isDurable, step));

        ShardedSamples.Save(resumed, Path, after, 3, Layers);
        Assert.AreEqual(3, ShardedSamples.LoadStep(resumed, Path, Layers), what);
        var index = inner.Paths.Single(path => path.EndsWith(".json", StringComparison.Ordinal));
        var rest = inner.Paths.Where(path => path != index).Select(path => path[^32..^12]).Distinct().ToList();
        Assert.HasCount(1, rest, $"{what}: {string.Join(", ", inner.Paths)}");
        return storage.Calls;
    }

    /// <summary>Saves as the strategy does: all parts, then the commit. If a part fails, the others are removed instead.</summary>
    private static bool TrySave(ShardedCheckpointIO io, FaultStorage storage, int ranks, Random random)
    {
        var id = io.CreateSaveId();
        var order = Enumerable.Range(0, ranks).ToArray();
        random.Shuffle(order);
        var written = new List<int>();
        foreach (var rank in order)
        {
            if (!storage.IsDead && Try(() => ShardedSamples.SavePart(io, Path, id, rank, ranks, 2, Layers)))
            {
                written.Add(rank);
            }
        }

        if (!storage.IsDead && written.Count == ranks)
        {
            return Try(() => ShardedSamples.Commit(io, Path, id, ranks)) && !storage.IsDead;
        }

        written.ForEach(rank => Try(() => io.RemoveCheckpointAsync(
            io.GetPartPath(Path, id, rank, ranks), CancellationToken.None).GetAwaiter().GetResult()));
        return false;
    }

    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    private sealed class FaultStorage(IStorage inner, Fault fault, int at) : IStorage
    {
        public int Calls { get; private set; }

        public bool IsDead { get; private set; }

        public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
            Change(path, () => inner.Write(path, content, cancellationToken));

        public StorageReader Open(string path) => IsDead ? throw Failure(path) : inner.Open(path);

        public bool Exists(string path) => IsDead ? throw Failure(path) : inner.Exists(path);

        public void Delete(string path) => Change(path, () =>
        {
            inner.Delete(path);
            return true;
        });

        public bool TryLink(string existing, string path) => Change(path, () => inner.TryLink(existing, path));

        public IReadOnlyList<CheckpointEntry> List(string directory) => IsDead ? throw Failure(directory) : inner.List(directory);

        public IReadOnlyList<string> ListFolders(string directory) => inner.ListFolders(directory);

        public long? GetAvailableBytes(string path) => null;

        private static CheckpointException Failure(string path) => new("The storage failed.", path);

        private T Change<T>(string path, Func<T> change)
        {
            if (IsDead)
            {
                throw Failure(path);
            }

            if (++Calls != at)
            {
                return change();
            }

            IsDead = fault is Fault.KillsBefore or Fault.KillsAfter;
            if (fault is Fault.FailsAfterwards or Fault.KillsAfter)
            {
                change();
            }

            throw Failure(path);
        }
    }
}
