using Fulgurite.IO;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// Records what saves, links and removals do to a disk, some of them failing, and cuts the power of the replayed disk after each call.
/// </summary>
/// <param name="folder">The folder for the recordings.</param>
/// <param name="tally">The counts.</param>
internal sealed class PowerCutRun(string folder, CrashTally tally)
{
    private const int Saves = 24;
    private const int StatesPerCall = 6;

    /// <summary>Replays states until there were so many.</summary>
    /// <param name="states">The number of states.</param>
    /// <param name="seed">The seed of the first recording.</param>
    public void Run(int states, int seed)
    {
        for (var next = seed; tally.States < states; next++)
        {
            Replay(Record(next), next, states);
        }
    }

    /// <summary>Cuts the power after each call of a recording, up to the first state that is wrong.</summary>
    /// <param name="operations">The recording.</param>
    /// <param name="seed">The seed of what is left on the disk.</param>
    /// <param name="states">The number of states of this and earlier recordings at which it ends.</param>
    public void Replay(IReadOnlyList<DiskOperation> operations, int seed, int states)
    {
        var random = new Random(seed);
        var replay = new DiskReplay();
        for (var index = 0; index < operations.Count; index++)
        {
            replay.Apply(operations[index]);
            for (var number = 0; number < StatesPerCall && tally.States < states; number++)
            {
                tally.CountState();
                if (replay.Cut(random, number) is var (what, isLost))
                {
                    var text =
                        $"seed {seed}, after call {index} ({operations[index].Kind} {operations[index].Path}), state {number}: {what}";
                    (isLost ? (Action<string>)tally.AddLost : tally.AddUnreadable)(text);
                    return;
                }
            }
        }
    }

    /// <summary>Saves with rotation, as callbacks do, on a disk of which calls fail now and then.</summary>
    /// <param name="seed">The seed of the sizes and the failures.</param>
    public IReadOnlyList<DiskOperation> Record(int seed)
    {
        var random = new Random(seed);
        var place = Path.Combine(folder, $"recording-{seed}");
        Directory.CreateDirectory(place);
        var failures = new Random(seed + 1);
        var disk = new RecordedDisk
        {
            Fails = (_, call) => failures.Next(call is "sync" or "sync directory" ? 8 : 40) == 0,
            Error = new[] { 5, 28, 122, 30 }[random.Next(4)],
        };
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = seed % 2 == 0, DirectIOThreshold = 0, Concurrency = 1 }, disk);
        var held = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        var kept = new Queue<string>();
        for (var number = 0; number < Saves; number++)
        {
            var bytes = new byte[random.Next(1, 12_000)];
            random.NextBytes(bytes);
            Save(Path.Combine(place, "last"), bytes);
            var best = Path.Combine(place, number % 5 == 4 ? $"below-{number}" : "best", $"{number}");
            var isThere = random.Next(2) == 0 ? Link(Path.Combine(place, "last"), best) : Save(best, bytes);
            if (isThere)
            {
                kept.Enqueue(best);
            }

            if (kept.Count > 2)
            {
                Remove(kept.Dequeue());
            }
        }

        Directory.Delete(place, recursive: true);
        return disk.Operations;

        bool Save(string path, byte[] bytes) => Do(path, bytes, () =>
        {
            var content = new FileContent();
            content.Add(bytes);
            storage.Write(path, content, CancellationToken.None);
            return true;
        });

        bool Link(string existing, string path) =>
            held.GetValueOrDefault(existing) is { } bytes && Do(path, bytes, () => storage.TryLink(existing, path));

        void Remove(string path) => Do(path, null, () =>
        {
            storage.Delete(path);
            return true;
        });

        bool Do(string path, byte[]? bytes, Func<bool> act)
        {
            disk.Add(new(DiskOperationKind.Begin, 0, path, Bytes: bytes));
            try
            {
                if (!act())
                {
                    return false;
                }

                held[path] = bytes;
                disk.Add(new(DiskOperationKind.Report, 0, path, Bytes: bytes));
                return true;
            }
            catch (CheckpointException exception)
            {
                // In place and perhaps not durable: either may be there. Else nothing has changed, unless it was a removal.
                if (!exception.IsInPlace && bytes is not null && held.TryGetValue(path, out var before) && before is not null)
                {
                    disk.Add(new(DiskOperationKind.Keep, 0, path, Bytes: bytes));
                }

                if (exception.IsInPlace)
                {
                    held[path] = bytes;
                }

                return false;
            }
        }
    }
}
