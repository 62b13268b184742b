namespace Fulgurite.Tests.IO.Sharded;

/// <summary>Checkpoints of several files that are damaged, malformed or mixed up are refused.</summary>
[TestClass]
public sealed class ShardedDamageTests
{
    private const string Path = "run/last.ckpt";
    private const string Index = Path + "/model.safetensors.index.json";

    [TestMethod]
    public async Task Load_DamagedFiles_IsRefusedAndNamesTheFile()
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 2, 1);
        foreach (var file in storage.Paths.Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal)).ToList())
        {
            var intact = storage[file];
            foreach (var position in new[] { 9, 75, 200, intact.Length - 1 })
            {
                var damaged = (byte[])intact.Clone();
                damaged[position] ^= 0x10;
                storage[file] = damaged;
                await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
                    () => io.VerifyAsync(Path, CancellationToken.None), $"{file} at {position}");
            }

            storage[file] = intact[..^1];
            await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.LoadCheckpointAsync(Path, null, CancellationToken.None));
            storage.Delete(file);
            var gone = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.VerifyAsync(Path, CancellationToken.None));
            Assert.Contains(file[(file.LastIndexOf('/') + 1)..], gone.Message);
            storage[file] = intact;
        }

        Assert.AreEqual(1, ShardedSamples.LoadStep(io, Path));
    }

    [TestMethod]
    [DataRow("a tensor in the tree")]
    [DataRow("no plan")]
    [DataRow("no tree")]
    [DataRow("a tree that is a list")]
    [DataRow("a reference without a name")]
    [DataRow("a reference to part 0")]
    [DataRow("a reference to a part that does not exist")]
    [DataRow("a reference to a huge part")]
    [DataRow("a tensor that is not there")]
    [DataRow("two references to a tensor")]
    public async Task LoadAndCommit_MalformedFirstPart_IsCorrupt(string defect)
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        var id = io.CreateSaveId();
        var file = new PartName(id, 1, 1).FileIn(Path, PartName.State);
        StateObject Reference(StateList arguments) => new("fulgurite.Shard", arguments, StateValue.Null);
        StateValue tree = defect switch
        {
            "a tree that is a list" => new StateList([1]),
            "a tensor in the tree" => new StateMap { ["a"] = StateSamples.Tensor(ScalarType.Float32, 1, 2) },
            "a reference without a name" => new StateMap { ["a"] = Reference(new StateList(["state", 1])) },
            "a reference to part 0" => new StateMap { ["a"] = Reference(new StateList(["state", 0, "a"])) },
            "a reference to a part that does not exist" => new StateMap { ["a"] = Reference(new StateList(["model", 1, "a"])) },
            "a reference to a huge part" => new StateMap { ["a"] = Reference(new StateList(["state", long.MaxValue, "a"])) },
            "a tensor that is not there" => new StateMap { ["a"] = Reference(new StateList(["state", 1, "b"])) },
            "two references to a tensor" => new StateMap
            {
                ["a"] = Reference(new StateList(["state", 1, "a"])),
                ["b"] = Reference(new StateList(["state", 1, "a"])),
            },
            _ => new StateMap { ["a"] = Reference(new StateList(["state", 1, "a"])) },
        };
        var root = new StateMap { ["a"] = StateSamples.Tensor(ScalarType.Float32, 1, 2) };
        if (defect != "no tree")
        {
            root.Add("#tree", tree);
        }

        if (defect != "no plan")
        {
            root.Add("#plan", "0");
        }

        await using var files = new SafetensorsCheckpointIO(storage);
        using var state = new TrainingState(root);
        await files.SaveCheckpointAsync(state, file, null, CancellationToken.None);
        PartHeader header;
        using (var reader = storage.Open(file))
        {
            header = PartHeader.Read(reader);
        }

        storage[Index] = System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {
              "weight_map": {},
              "fulgurite": {
                "version": 1,
                "save": "{{id}}",
                "files": { "{{file[(file.LastIndexOf('/') + 1)..]}}": { "bytes": {{header.ByteLength}}, "crc32": "{{header.Checksum:x8}}" } }
              }
            }
            """);
        var options = new LoadOptions { Into = new Dictionary<string, Tensor>() };
        await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.LoadCheckpointAsync(Path, options, CancellationToken.None));
        await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.VerifyAsync(Path, CancellationToken.None));
        Assert.Throws<CheckpointException>(() =>
        {
            ShardedSamples.Commit(io, Path, id, 1);

            // Whether the tensors are there is known when they are read.
            io.VerifyAsync(Path, CancellationToken.None).GetAwaiter().GetResult();
        });
    }

    [TestMethod]
    public async Task Load_PartOfAnotherSave_IsRefused()
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 2, 1);
        ShardedSamples.Save(io, "run/other.ckpt", 2, 2);
        string FileOf(string folder) => storage.Paths.Single(file => file.StartsWith($"{folder}/state-00002", StringComparison.Ordinal));
        storage[FileOf(Path)] = storage[FileOf("run/other.ckpt")];

        await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.LoadCheckpointAsync(Path, null, CancellationToken.None));
    }

    [TestMethod]
    public async Task Commit_RanksWithDifferentStates_FailsAndKeepsThePreviousCheckpoint()
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 2, 1);
        var files = storage.Paths.Order(StringComparer.Ordinal).ToList();
        var id = io.CreateSaveId();
        ShardedSamples.SavePart(io, Path, id, 0, 2, 2);
        using (var other = ShardedSamples.Training(2, layers: 2))
        {
            using var part = io.GetPart(other.State, 1, 2);
            await io.SaveCheckpointAsync(part, io.GetPartPath(Path, id, 1, 2), null, CancellationToken.None);
        }

        var failure = Assert.ThrowsExactly<CheckpointException>(() => ShardedSamples.Commit(io, Path, id, 2));
        Assert.Contains("rank 1", failure.Message);
        Assert.AreEqual(Path, failure.Path);
        Assert.AreSequenceEqual(files, storage.Paths.Order(StringComparer.Ordinal));
        Assert.AreEqual(1, ShardedSamples.LoadStep(io, Path));
    }

    [TestMethod]
    public async Task Commit_PartOnAnotherMachine_SaysThatTheFolderIsNotShared()
    {
        await using var io = new ShardedCheckpointIO(new MemoryStorage());
        await using var far = new ShardedCheckpointIO(new MemoryStorage());
        var id = io.CreateSaveId();
        ShardedSamples.SavePart(io, Path, id, 0, 2, 2);
        ShardedSamples.SavePart(far, Path, id, 1, 2, 2);
        var failure = Assert.ThrowsExactly<CheckpointException>(() => ShardedSamples.Commit(io, Path, id, 2));
        Assert.Contains("Use a folder that all processes reach", failure.Message);
    }
}
