namespace Fulgurite.Tests.IO.Loading;

/// <summary><c>LoadWeights</c> of a sharded model as Hugging Face stores it: two safetensors files and their index.</summary>
[TestClass]
public sealed class ShardedWeightsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TwoLayers _module = new();
    private readonly Trainer _trainer = new(new SingleDeviceStrategy(new TorchCheckpointIO()));

    private string Index => _directory["model.safetensors.index.json"];

    [TestMethod]
    public async Task LoadWeights_IndexOfTwoFiles_LoadsAllOfThem()
    {
        await WriteAsync(prefix: string.Empty, head: 2);

        var report = _trainer.LoadWeights(_module, Index);

        Assert.AreEqual(4, report.Loaded);
        Assert.IsTrue(_module.state_dict().Values.All(tensor => tensor.eq(1).all().item<bool>()));
    }

    [TestMethod]
    public async Task LoadWeights_IndexWithAPrefixAndAnotherHead_LoadsTheRestAndReportsIt()
    {
        await WriteAsync(prefix: "bert.", head: 7, "bert.pooler");
        var options = new WeightsOptions { DropPrefix = "bert.", SkipOtherShapes = true };

        var refusal = Assert.ThrowsExactly<InvalidOperationException>(() => _trainer.LoadWeights(_module, Index, options));
        var report = _trainer.LoadWeights(_module, Index, options with { Strict = false });

        Assert.Contains("Unknown to the module: pooler", refusal.Message);
        Assert.AreEqual(2, report.Loaded);
        Assert.AreSequenceEqual(["_head.bias", "_head.weight"], report.OtherShapes.Order(StringComparer.Ordinal));
        Assert.AreSequenceEqual(["pooler"], report.Unexpected);
        Assert.IsEmpty(report.Missing);
        Assert.IsTrue(_module.state_dict()["_body.weight"].eq(1).all().item<bool>());
        Assert.IsFalse(_module.state_dict()["_head.weight"].eq(1).all().item<bool>());
    }

    public void Dispose()
    {
        _module.Dispose();
        _trainer.Dispose();
        _directory.Dispose();
    }

    private async Task WriteAsync(string prefix, long head, params string[] more)
    {
        var files = new[] { "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors" };
        var first = new TrainingState { [$"{prefix}_body.weight"] = Ones(3, 4), [$"{prefix}_body.bias"] = Ones(3) };
        var second = new TrainingState { [$"{prefix}_head.weight"] = Ones(head, 3), [$"{prefix}_head.bias"] = Ones(head) };
        foreach (var name in more)
        {
            second[name] = Ones(1);
        }

        await using var io = new SafetensorsCheckpointIO();
        var entries = new List<string>();
        foreach (var (file, state) in files.Zip([first, second]))
        {
            await io.SaveCheckpointAsync(state, _directory[file], null, CancellationToken.None);
            entries.AddRange(state.Root.Keys.Select(name => $"\"{name}\": \"{file}\""));
        }

        await File.WriteAllTextAsync(
            Index, $$"""{ "metadata": { "total_size": 84 }, "weight_map": { {{string.Join(", ", entries)}} } }""");
    }

    private static TensorData Ones(params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, length) => product * length)];
        Array.Fill(values, 1);
        return TensorData.FromValues<float>(values, ScalarType.Float32, shape);
    }

    private sealed class TwoLayers : TrainingModule<Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _body = nn.Linear(4, 3);
        private readonly nn.Module<Tensor, Tensor> _head = nn.Linear(3, 2);

        public TwoLayers()
            : base(nameof(TwoLayers)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => _head.call(_body.call(batch)).sum();
    }
}
