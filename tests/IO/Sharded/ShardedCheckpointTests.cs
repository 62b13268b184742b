using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.IO.Sharded;

/// <summary>Checkpoints of several files: what is written, and what is read back.</summary>
[TestClass]
public sealed class ShardedCheckpointTests
{
    private const string Path = "run/last.ckpt";
    private const string Index = Path + "/model.safetensors.index.json";

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(8)]
    public async Task Save_ByAnyNumberOfRanks_LoadsEqualThroughEveryFormat(int ranks)
    {
        var storage = new MemoryStorage();
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, ranks, 7);

        Assert.AreEqual(7, ShardedSamples.LoadStep(io, Path));
        await using var torch = new TorchCheckpointIO(storage);
        Assert.AreEqual(7, ShardedSamples.LoadStep(torch, Path));
        Assert.AreEqual(7, ShardedSamples.LoadStep(torch, Index));
        using var live = ShardedSamples.Training(7);
        using var loaded = await io.LoadCheckpointAsync(Path, null, CancellationToken.None);
        Assert.AreSequenceEqual(StateAssert.SharingOf(live.State), StateAssert.SharingOf(loaded), "ties and views");
    }

    [TestMethod]
    public async Task Save_StateOfEverything_LoadsEqual()
    {
        await using var io = new ShardedCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, Path, null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync(Path, null, CancellationToken.None);
        StateComparison.AreEqual(state.Root, loaded.Root);
    }

    [TestMethod]
    public void GetPart_ReplicatedTensors_AreSharedOutByBytes()
    {
        using var io = new Owned(new MemoryStorage());
        using var live = ShardedSamples.Training(1, layers: 40);
        var sizes = Enumerable.Range(0, 4).Select(rank =>
        {
            using var part = io.IO.GetPart(live.State, rank, 4);
            return StorageLayout.Of(part).ByteLength;
        }).ToList();

        Assert.AreEqual(StorageLayout.Of(live.State).ByteLength, sizes.Sum());
        Assert.IsLessThan(1000, sizes.Max() - sizes.Min());
    }

    [TestMethod]
    public void GetPart_TensorsOfOneProcess_AreThoseOfRankZero()
    {
        var storage = new MemoryStorage();
        using var io = new Owned(storage);
        ShardedSamples.Save(io.IO, Path, 3, 5);
        using var loaded = io.IO.LoadCheckpointAsync(Path, null, CancellationToken.None).GetAwaiter().GetResult();
        var mean = loaded[CheckpointKeys.StateDict].AsMap()["running_mean"].AsTensor();
        CollectionAssert.AreEqual(BitConverter.GetBytes(5f), StateComparison.Bytes(mean)[..4]);
    }

    [TestMethod]
    public void GetPart_StableTensorsOfACallback_AreThoseOfRankZero()
    {
        using var io = new Owned(new MemoryStorage());
        using var weight = zeros(2);
        using var own = ones(100);
        using var state = new TrainingState(new StateMap
        {
            [CheckpointKeys.StateDict] = new StateMap
            {
                ["weight"] = TensorData.FromTensor(weight, TensorStability.UntilParametersChange),
            },
            [CheckpointKeys.Callbacks] = new StateMap
            {
                ["noise"] = TensorData.FromTensor(own, TensorStability.UntilParametersChange),
            },
        });

        // The weight alone would fill part one, so the larger tensor would be in part two.
        using var part = io.IO.GetPart(state, 0, 2);
        Assert.IsInstanceOfType<TensorData>(part.Find("callbacks.noise"));
    }

    [TestMethod]
    public void Index_OfASave_IsThatOfHuggingFace()
    {
        var storage = new MemoryStorage();
        using var io = new Owned(storage);
        ShardedSamples.Save(io.IO, Path, 2, 1);

        using var json = JsonDocument.Parse(storage[Index]);
        var map = json.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(
            entry => entry.Name, entry => entry.Value.GetString()!);
        Assert.AreSequenceEqual(
            ["layer0.bias", "layer0.weight", "layer1.bias", "layer1.weight", "layer2.bias", "layer2.weight", "running_mean", "transposed"],
            map.Keys.Order(StringComparer.Ordinal));
        Assert.AreSequenceEqual(["model-00001-of-00002", "model-00002-of-00002"], map.Values.Select(file => file[..20]).Distinct().Order());
        Assert.AreEqual(
            ((3 * 4) + (3 * 4 * 4) + 6 + 2) * sizeof(float), json.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());

        // Each file is a model file by itself, with the names of the model and nothing else.
        foreach (var file in map.Values.Distinct())
        {
            using var part = io.IO.LoadCheckpointAsync($"{Path}/{file}", null, CancellationToken.None).GetAwaiter().GetResult();
            Assert.IsEmpty(part.Root.Keys.Select(key => key.ToString()).Where(key => key.Contains("optimizer", StringComparison.Ordinal)));
        }
    }

    [TestMethod]
    public void Weights_ReadByPython_AreEqual()
    {
        using var folder = new TemporaryDirectory();
        using var io = new Owned(new LocalStorage());
        ShardedSamples.Save(io.IO, folder["model"], 3, 4);
        var sums = PythonInterop.RunText(
            """
            import json, struct, sys, os
            folder = sys.argv[1]
            index = json.load(open(os.path.join(folder, 'model.safetensors.index.json')))
            found = {}
            try:
                from safetensors import safe_open
                for file in sorted(set(index['weight_map'].values())):
                    with safe_open(os.path.join(folder, file), framework='pt') as part:
                        assert part.metadata()['format'] == 'pt'
                        found.update({name: part.get_tensor(name).double().sum().item() for name in part.keys()})
            except ImportError:
                import torch
                for file in sorted(set(index['weight_map'].values())):
                    data = open(os.path.join(folder, file), 'rb').read()
                    length = struct.unpack('<Q', data[:8])[0]
                    header = json.loads(data[8:8 + length])
                    for name, entry in header.items():
                        if name != '__metadata__':
                            assert entry['dtype'] == 'F32'
                            begin, end = entry['data_offsets']
                            values = torch.frombuffer(bytearray(data[8 + length + begin:8 + length + end]), dtype=torch.float32)
                            found[name] = values.double().sum().item()
            assert set(found) == set(index['weight_map']), (set(found), set(index['weight_map']))
            print('\n'.join(f'{name} {found[name]:.9f}' for name in sorted(found)))
            """,
            folder["model"]);

        using var live = ShardedSamples.Training(4);
        var weights = live.State[CheckpointKeys.StateDict].AsMap();
        foreach (var line in sums.Split('\n'))
        {
            var parts = line.Trim().Split(' ');
            using var tensor = weights[parts[0]].AsTensor().ToTensor();
            using var wide = tensor.to(ScalarType.Float64);
            using var sum = wide.sum();
            Assert.AreEqual(sum.item<double>(), double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), 1e-6, line);
        }
    }

    [TestMethod]
    public async Task Load_OnlySome_ReadsOnlyTheirFiles()
    {
        var storage = new CountingStorage(new MemoryStorage());
        await using var io = new ShardedCheckpointIO(storage);
        ShardedSamples.Save(io, Path, 4, 6);
        storage.Opened.Clear();

        var position = await io.ReadPositionAsync(Path, CancellationToken.None);
        Assert.AreEqual(6, position?.GlobalStep);
        Assert.HasCount(2, storage.Opened, string.Join(", ", storage.Opened));

        using var weights = await io.LoadCheckpointAsync(
            Path, new LoadOptions { Only = ["state_dict.layer1", "epoch"] }, CancellationToken.None);
        Assert.AreSequenceEqual(["epoch", "state_dict"], weights.Root.Keys.Select(key => key.ToString()));
        Assert.AreSequenceEqual(
            ["layer1.weight", "layer1.bias"], weights[CheckpointKeys.StateDict].AsMap().Keys.Select(key => key.ToString()));

        using var layer = await io.LoadCheckpointAsync(
            Path, new LoadOptions { Only = ["state_dict.layer1.weight", "optimizer_states.0.state.2"] }, CancellationToken.None);
        using var live = ShardedSamples.Training(6);
        StateComparison.AreEqual(live.State.Find("state_dict.layer1.weight")!, layer.Find("state_dict.layer1.weight")!);
        StateComparison.AreEqual(live.State.Find("optimizer_states.0.state.2")!, layer.Find("optimizer_states.0.state.2")!);
        Assert.IsNull(layer.Find("state_dict.layer0.weight"));
    }

    [TestMethod]
    public async Task Load_IntoTensors_FillsThem()
    {
        await using var io = new ShardedCheckpointIO(new MemoryStorage());
        ShardedSamples.Save(io, Path, 3, 9);
        using var target = zeros(4, 4);
        using var loaded = await io.LoadCheckpointAsync(
            Path, new LoadOptions { Into = new Dictionary<string, Tensor> { ["state_dict.layer1.weight"] = target } },
            CancellationToken.None);
        using var live = ShardedSamples.Training(9);
        CollectionAssert.AreEqual(
            StateComparison.Bytes(live.State.Find("state_dict.layer1.weight")!.AsTensor()),
            StateComparison.Bytes(TensorData.FromTensor(target)));
    }

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

    private sealed class Owned(IStorage storage) : IDisposable
    {
        public ShardedCheckpointIO IO { get; } = new(storage);

        public void Dispose() => IO.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private sealed class CountingStorage(IStorage inner) : WrappingStorage(inner)
    {
        public List<string> Opened { get; } = [];

        public List<string> Deleted { get; } = [];

        public List<string> Written { get; } = [];

        public List<(string Path, bool MayBeThere)> Claimed { get; } = [];

        public string? Refuses { get; init; }

        /// <summary>Gets or sets a value indicating whether another run has every new name.</summary>
        public bool IsLost { get; set; }

        public override long Write(string path, FileContent content, CancellationToken cancellationToken)
        {
            if (Refuses is not null && path.Contains(Refuses, StringComparison.Ordinal))
            {
                throw new OperationCanceledException("As a cancelled write does.");
            }

            Written.Add(path);
            return Inner.Write(path, content, cancellationToken);
        }

        public override StorageReader Open(string path)
        {
            Opened.Add(path);
            return Inner.Open(path);
        }

        public override void Delete(string path)
        {
            Deleted.Add(path);
            Inner.Delete(path);
        }

        public override IDisposable? TryClaim(string path, bool mayBeThere)
        {
            Claimed.Add((path, mayBeThere));
            return IsLost && !mayBeThere ? null : Inner.TryClaim(path, mayBeThere);
        }
    }
}
