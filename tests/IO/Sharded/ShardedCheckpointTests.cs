using System.Text.Json;

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
    public void Weights_ReadByTransformers_HaveTheSameBytes()
    {
        using var folder = new TemporaryDirectory();
        using var io = new Owned(new LocalStorage());
        ShardedSamples.Save(io.IO, folder["model"], 3, 4);
        var read = PythonInterop.RunText(
            """
            import sys
            try:
                import torch, transformers
            except ImportError as missing:
                print('missing', missing)
                sys.exit()

            class Config(transformers.PretrainedConfig):
                model_type = 'layers'

            class Model(transformers.PreTrainedModel):
                config_class = Config

                def __init__(self, config):
                    super().__init__(config)
                    self.layer0, self.layer1, self.layer2 = (torch.nn.Linear(3 + layer, 4) for layer in range(3))
                    self.post_init()

            Config().save_pretrained(sys.argv[1])
            model, loading = Model.from_pretrained(sys.argv[1], output_loading_info=True)
            assert not loading['missing_keys'] and not loading['mismatched_keys'], loading
            for name, value in model.state_dict().items():
                print(name, value.contiguous().numpy().tobytes().hex())
            """,
            folder["model"]);
        if (read.StartsWith("missing", StringComparison.Ordinal))
        {
            Assert.Inconclusive($"Python has no transformers: {read}");
        }

        using var live = ShardedSamples.Training(4);
        var weights = live.State[CheckpointKeys.StateDict].AsMap();
        var lines = read.Split('\n').Select(line => line.Trim().Split(' ')).ToList();
        Assert.HasCount(6, lines);
        foreach (var line in lines)
        {
            using var tensor = weights[line[0]].AsTensor().ToTensor();
            Assert.AreEqual(Convert.ToHexString(tensor.bytes), line[1].ToUpperInvariant(), line[0]);
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

    private sealed class Owned(IStorage storage) : IDisposable
    {
        public ShardedCheckpointIO IO { get; } = new(storage);

        public void Dispose() => IO.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
