using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.IO.Sharded;

/// <summary>The files in the folder of a checkpoint: names, links, and what is removed when.</summary>
[TestClass]
public sealed class ShardedFolderTests
{
    private const string Path = "run/last.ckpt";
    private const string Index = Path + "/model.safetensors.index.json";

    [TestMethod]
    public async Task Save_OverAnIndexThatNamesOtherFiles_LeavesThem()
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 1, 1);
        storage[Path + "/config.json"] = [1];
        storage[Index] = System.Text.Encoding.UTF8.GetBytes(
            System.Text.Encoding.UTF8.GetString(storage[Index]).Replace(
                "\"files\": {", "\"files\": { \"config.json\": { \"bytes\": 1, \"crc32\": \"0\" },", StringComparison.Ordinal));
        Assert.Throws<CheckpointCorruptException>(() => ShardedSamples.LoadStep(io, Path));

        ShardedSamples.Save(io, Path, 1, 2);
        Assert.AreEqual(2, ShardedSamples.LoadStep(io, Path));
        Assert.HasCount(4, storage.Paths, string.Join('\n', storage.Paths));
        Assert.Contains(Path + "/config.json", storage.Paths);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task TryClaim_FileOfAnotherFormat_IsRefused(bool mayBeThere)
    {
        using var directory = new TemporaryDirectory();
        await using var io = new ShardedCheckpointIO();
        var path = directory["last.ckpt"];
        await File.WriteAllBytesAsync(path, [1]);
        Assert.IsNull(await io.TryClaimAsync(path, mayBeThere, CancellationToken.None));
        File.Delete(path);
        using var claim = await io.TryClaimAsync(path, mayBeThere, CancellationToken.None);
        Assert.IsNotNull(claim);
        Assert.IsNull(await io.TryClaimAsync(path, mayBeThere, CancellationToken.None), "Claimed twice.");
    }

    [TestMethod]
    public async Task TryClaim_NewNameOfAnObjectStore_ClaimsTheIndexAsNew()
    {
        const string Url = "s3://bucket/run/last.ckpt";
        var storage = new CountingStorage(new MemoryStorage());
        await using var io = new ShardedCheckpointIO(storage);
        using (await io.TryClaimAsync(Url, mayBeThere: false, CancellationToken.None))
        {
            // What the store publishes only if no other run was first.
            Assert.Contains((Url + "/model.safetensors.index.json", false), storage.Claimed);
        }

        storage.Claimed.Clear();
        using (await io.TryClaimAsync(Url, mayBeThere: true, CancellationToken.None))
        {
            Assert.AreSequenceEqual([(Url, true)], storage.Claimed);
        }

        storage.IsLost = true;
        Assert.IsNull(await io.TryClaimAsync(Url, mayBeThere: false, CancellationToken.None));
        storage.IsLost = false;
        using var claim = await io.TryClaimAsync(Url, mayBeThere: false, CancellationToken.None);
        Assert.IsNotNull(claim, "The refused claim was not given back.");
    }

    [TestMethod]
    public async Task Save_OverAnother_LeavesOnlyTheFilesOfTheNewOne()
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 4, 1);
        var dead = io.CreateSaveId();
        ShardedSamples.SavePart(io, Path, dead, 1, 4, 2);
        var later = "f" + io.CreateSaveId()[1..];
        ShardedSamples.SavePart(io, Path, later, 1, 4, 9);
        ShardedSamples.Save(io, Path, 2, 3);

        Assert.AreEqual(3, ShardedSamples.LoadStep(io, Path));
        var files = storage.Paths.Where(file => !file.Contains(later, StringComparison.Ordinal)).ToList();
        Assert.HasCount(5, files, string.Join('\n', files));
        Assert.IsTrue(files.TrueForAll(file => file == Index || file.Contains("-of-00002-", StringComparison.Ordinal)));
        Assert.HasCount(7, storage.Paths, "A later save to the same path was swept.");
    }

    [TestMethod]
    public async Task Submit_OverAnother_IsDurableBeforeTheOldFilesAreRemoved()
    {
        using var mayRemove = new ManualResetEventSlim();
        var files = new MemoryStorage();
        var storage = new GatedStorage(files) { OnDelete = mayRemove.Wait };
        await using var io = new AsyncCheckpointIO(new ShardedCheckpointIO(storage));
        using var live = ShardedSamples.Training(1);
        await io.Submit(live.State, Path, null).Durable;
        var before = files.Paths.ToList();
        using var next = ShardedSamples.Training(2);
        await io.Submit(next.State, Path, null).Durable;

        Assert.IsEmpty(before.Except(files.Paths));
        var load = io.LoadCheckpointAsync(Path, null, CancellationToken.None);
        Assert.IsFalse(load.IsCompleted, "Later operations on the path wait.");
        mayRemove.Set();
        using var loaded = await load;
        Assert.AreEqual(2, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
        await io.FlushAsync(CancellationToken.None);
        Assert.HasCount(3, files.Paths);
    }

    [TestMethod]
    public async Task Save_FilesOfAPart_AreWrittenAtTheSameTime()
    {
        using var both = new CountdownEvent(2);
        var storage = new GatedStorage(new MemoryStorage())
        {
            OnWrite = path =>
            {
                if (!path.EndsWith(".json", StringComparison.Ordinal))
                {
                    both.Signal();
                    Assert.IsTrue(both.Wait(TimeSpan.FromMinutes(1)), "One waits for the other.");
                }
            },
        };
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 1, 3);
        Assert.AreEqual(3, ShardedSamples.LoadStep(io, Path));
    }

    [TestMethod]
    public async Task Save_NextToOldPartsWithoutIndex_RemovesThem()
    {
        using var directory = new TemporaryDirectory();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var dead = new ShardedCheckpointIO(timeProvider: time);
        ShardedSamples.SavePart(dead, directory["epoch=1.ckpt"], dead.CreateSaveId(), 1, 2, 1);
        time.Advance(TimeSpan.FromHours(23));
        await using (var early = new ShardedCheckpointIO(timeProvider: time))
        {
            ShardedSamples.Save(early, directory["last.ckpt"], 1, 1);
            Assert.IsTrue(Directory.Exists(directory["epoch=1.ckpt"]), "Another run may be writing it.");
        }

        time.Advance(TimeSpan.FromHours(2));
        await using var late = new ShardedCheckpointIO(timeProvider: time);
        ShardedSamples.Save(late, directory["last.ckpt"], 1, 2);
        Assert.IsFalse(Directory.Exists(directory["epoch=1.ckpt"]));
        Assert.AreEqual(2, ShardedSamples.LoadStep(late, directory["last.ckpt"]));
    }

    [TestMethod]
    public async Task Save_NextToNewPartsWithAnOldIdentifier_KeepsThem()
    {
        using var directory = new TemporaryDirectory();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-2));
        await using var other = new ShardedCheckpointIO(timeProvider: time);
        ShardedSamples.SavePart(other, directory["epoch=1.ckpt"], other.CreateSaveId(), 1, 2, 1);
        await using var io = new ShardedCheckpointIO();
        ShardedSamples.Save(io, directory["last.ckpt"], 1, 1);
        Assert.IsTrue(Directory.Exists(directory["epoch=1.ckpt"]), "Another run may be writing it.");
    }

    [TestMethod]
    public async Task Remove_OfAFolder_RemovesTheIndexFirstAndThenEverything()
    {
        using var directory = new TemporaryDirectory();
        var storage = new CountingStorage(new LocalStorage());
        await using var io = new ShardedCheckpointIO(storage);
        var path = directory["a.ckpt"];
        ShardedSamples.Save(io, path, 3, 1);
        Assert.IsTrue(await io.ExistsAsync(path, CancellationToken.None));
        var entry = Assert.ContainsSingle(await io.ListAsync(directory.Path, CancellationToken.None).ToListAsync());
        Assert.AreEqual(path, entry.Path);
        Assert.AreEqual(1, entry.Position?.GlobalStep);
        Assert.AreEqual(Directory.EnumerateFiles(path).Sum(file => new FileInfo(file).Length), entry.Length);

        storage.Deleted.Clear();
        await io.RemoveCheckpointAsync(path, CancellationToken.None);
        Assert.EndsWith("model.safetensors.index.json", storage.Deleted[0]);
        Assert.IsFalse(Directory.Exists(path));
        Assert.IsFalse(await io.ExistsAsync(path, CancellationToken.None));
        await io.RemoveCheckpointAsync(path, CancellationToken.None);
        var missing = await Assert.ThrowsExactlyAsync<CheckpointNotFoundException>(
            () => io.LoadCheckpointAsync(path, null, CancellationToken.None));
        Assert.AreEqual(path, missing.Path);
    }

    [TestMethod]
    public async Task Save_PartThatFails_LeavesNeitherFilesNorAFolder()
    {
        using var directory = new TemporaryDirectory();
        var storage = new CountingStorage(new LocalStorage()) { Refuses = "/state-" };
        await using var io = new ShardedCheckpointIO(storage);
        Assert.ThrowsExactly<OperationCanceledException>(
            () => ShardedSamples.SavePart(io, directory["a.ckpt"], io.CreateSaveId(), 0, 2, 1));
        Assert.ContainsSingle(storage.Written);
        Assert.IsEmpty(Directory.GetFileSystemEntries(directory.Path));
    }

    [TestMethod]
    public async Task TryLink_OfACheckpoint_IsIndependentOfTheFirst()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new ShardedCheckpointIO();
        ShardedSamples.Save(io, directory["a.ckpt"], 3, 1);
        Assert.IsTrue(await io.TryLinkAsync(directory["a.ckpt"], directory["b.ckpt"], CancellationToken.None));
        Assert.IsFalse(await io.TryLinkAsync(directory["none.ckpt"], directory["c.ckpt"], CancellationToken.None));
        await io.RemoveCheckpointAsync(directory["a.ckpt"], CancellationToken.None);
        Assert.AreEqual(1, ShardedSamples.LoadStep(io, directory["b.ckpt"]));
    }

    /// <summary>Linked without the file that rank 0 had removed already, so that the save of all ranks failed.</summary>
    [TestMethod]
    [DataRow("model")]
    [DataRow("state")]
    public async Task TryLink_OfAPartThatIsBeingRemoved_LinksNothing(string gone)
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        var (old, next) = (io.CreateSaveId(), io.CreateSaveId());
        ShardedSamples.SavePart(io, Path, old, 1, 2, 1);
        var whole = storage.Paths.ToList();
        Task<bool> LinkAsync() => io.TryLinkAsync(
            io.GetPartPath(Path, old, 1, 2), io.GetPartPath(Path, next, 1, 2), CancellationToken.None);
        storage.Delete(whole.Single(path => path.Contains($"/{gone}-", StringComparison.Ordinal)));

        Assert.IsFalse(await LinkAsync());
        Assert.ContainsSingle(storage.Paths);

        ShardedSamples.SavePart(io, Path, old, 1, 2, 1);
        Assert.IsTrue(await LinkAsync());
        Assert.HasCount(2 * whole.Count, storage.Paths);
    }

    [TestMethod]
    public async Task Load_WhileTheCheckpointIsReplaced_MeetsOneOfThem()
    {
        using var directory = new TemporaryDirectory();
        await using var writer = new ShardedCheckpointIO();
        await using var reader = new TorchCheckpointIO();
        var path = directory["last.ckpt"];
        ShardedSamples.Save(writer, path, 2, 1);
        var ended = false;
        var reads = 0;
        var writing = Task.Run(() =>
        {
            for (var step = 2; step <= 40; step++)
            {
                ShardedSamples.Save(writer, path, 2, step);
            }

            Volatile.Write(ref ended, true);
        });
        var last = 0;
        while (!Volatile.Read(ref ended))
        {
            using var state = await reader.LoadCheckpointAsync(path, null, CancellationToken.None);
            var step = (int)((StateInteger)state[CheckpointKeys.GlobalStep]).Value;
            using var expected = ShardedSamples.Training(step);
            StateComparison.AreEqual(expected.State.Root, state.Root);
            Assert.IsGreaterThanOrEqualTo(last, step);
            last = step;
            reads++;
        }

        await writing;
        Assert.IsGreaterThan(0, reads);
    }

    private sealed class GatedStorage(IStorage inner) : WrappingStorage(inner)
    {
        public Action<string> OnWrite { get; init; } = _ => { };

        public Action OnDelete { get; init; } = () => { };

        public override long Write(string path, FileContent content, CancellationToken cancellationToken)
        {
            OnWrite(path);
            return Inner.Write(path, content, cancellationToken);
        }

        public override void Delete(string path)
        {
            OnDelete();
            Inner.Delete(path);
        }
    }
}
