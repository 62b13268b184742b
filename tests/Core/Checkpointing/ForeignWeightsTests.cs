namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>Weights of files that other programs wrote, under other names and beside other things.</summary>
[TestClass]
public sealed class ForeignWeightsTests : IDisposable
{
    private const string Path = "model.pt";
    private readonly InMemoryCheckpointIO _storage = new();
    private readonly SmallModule _module = new();
    private readonly Trainer _trainer;

    public ForeignWeightsTests() => _trainer = new Trainer(new SingleDeviceStrategy(_storage));

    [TestMethod]
    [DataRow("a state_dict")]
    [DataRow("safetensors with metadata")]
    [DataRow("model")]
    [DataRow("model_state_dict")]
    public void LoadWeights_FileOfAnotherProgram_FindsTheWeights(string form)
    {
        var weights = Ones();
        Save(form switch
        {
            "a state_dict" => weights,
            "safetensors with metadata" => weights.With("__metadata__", new StateMap { ["format"] = "pt" }),
            _ => new StateMap { [form] = weights, ["optimizer"] = new StateMap { ["state"] = Ones() }, ["epoch"] = 3 },
        });

        var report = _trainer.LoadWeights(_module, Path);

        Assert.AreEqual(_module.state_dict().Count, report.Loaded);
        AssertOnes();
    }

    [TestMethod]
    public void Validate_AStateDict_UsesItsWeights()
    {
        Save(Ones());

        _trainer.Validate(_module, new SmallData(1), Path);

        AssertOnes();
    }

    [TestMethod]
    public void LoadWeights_TwoSetsOfWeights_AsksForThePart()
    {
        Save(new StateMap { ["model"] = new StateMap { ["w"] = One(1) }, ["ema"] = Ones() });

        Assert.Contains("several sets of weights ('model', 'ema')", Refused(new WeightsOptions()));
        Assert.Contains("no part 'best'. Top-level keys: 'model', 'ema'", Refused(new WeightsOptions { Part = "best" }));
        _trainer.LoadWeights(_module, Path, new WeightsOptions { Part = "ema" });
        AssertOnes();
    }

    [TestMethod]
    [DataRow("module.")]
    [DataRow("_orig_mod.")]
    public void LoadWeights_NamesOfAWrapper_SuggestsThePrefixThatWorks(string prefix)
    {
        Save(Renamed(name => prefix + name));

        Assert.Contains($"DropPrefix = \"{prefix}\"", Refused(new WeightsOptions()));
        Assert.Contains($"DropPrefix = \"{prefix}\"", Refused(new WeightsOptions { Strict = false }));
        Assert.Contains("None of its weights begins with 'other.'", Refused(new WeightsOptions { DropPrefix = "other." }));
        _trainer.LoadWeights(_module, Path, new WeightsOptions { DropPrefix = prefix });
        AssertOnes();
    }

    [TestMethod]
    public void LoadWeights_NamesWithoutThePrefixOfTheModule_SuggestsThePrefixThatWorks()
    {
        using var outer = new WrappingModule();
        Save(new StateMap { ["weight"] = One(4, 1), ["bias"] = One(1) });

        Assert.Contains(
            "AddPrefix = \"_network.\"",
            Assert.ThrowsExactly<InvalidOperationException>(() => _trainer.LoadWeights(outer, Path, new WeightsOptions())).Message);
        var report = _trainer.LoadWeights(outer, Path, new WeightsOptions { AddPrefix = "_network.", SkipOtherShapes = true });

        Assert.AreSequenceEqual(["_network.weight"], report.OtherShapes);
        Assert.AreEqual(1, report.Loaded);
        Assert.AreEqual(1f, outer.state_dict()["_network.bias"].item<float>());
    }

    [TestMethod]
    public void LoadWeights_OtherShapesSkipped_StillRefusesUnknownNames()
    {
        var weights = Ones().With("_second.bias", One(7));
        Save(weights);
        Assert.AreSequenceEqual(
            ["_second.bias"], _trainer.LoadWeights(_module, Path, new WeightsOptions { SkipOtherShapes = true }).OtherShapes);

        Save(weights.With("more", One(1)));
        Assert.Contains("Unknown to the module: more.", Refused(new WeightsOptions { SkipOtherShapes = true }));
        var report = _trainer.LoadWeights(_module, Path, new WeightsOptions { SkipOtherShapes = true, Strict = false });

        Assert.AreSequenceEqual(["more"], report.Unexpected);
        Assert.IsEmpty(report.Missing);
    }

    [TestMethod]
    public void LoadWeights_NoTensors_SaysWhatIsThere()
    {
        Save(new StateMap { ["epoch"] = 3 });

        Assert.Contains(
            "has no weights: neither its root nor a top-level value is a map of tensors. Top-level keys: 'epoch'",
            Refused(new WeightsOptions()));
    }

    [TestMethod]
    public void LoadWeights_AWholeModuleOfPython_SaysHowToSaveItsWeights()
    {
        Save(new StateMap { ["data"] = new StateObject("__main__.Net", new StateList(), new StateMap()) });

        Assert.Contains(
            "an object of the class __main__.Net, as torch.save(module) writes it. Save its weights in Python",
            Refused(new WeightsOptions()));
    }

    public void Dispose()
    {
        _module.Dispose();
        _trainer.Dispose();
    }

    private string Refused(WeightsOptions options) =>
        Assert.ThrowsExactly<InvalidOperationException>(() => _trainer.LoadWeights(_module, Path, options)).Message;

    private void Save(StateMap root)
    {
        using var state = new TrainingState(root);
        _storage.Submit(state, Path, null);
    }

    private StateMap Ones() => Renamed(name => name);

    private StateMap Renamed(Func<string, string> rename)
    {
        var weights = new StateMap();
        foreach (var (name, tensor) in _module.state_dict())
        {
            weights[rename(name)] = One(tensor.shape);
        }

        return weights;
    }

    private static TensorData One(params long[] shape)
    {
        using var tensor = ones(shape);
        return TensorData.FromValues<float>(tensor.data<float>().ToArray(), ScalarType.Float32, shape);
    }

    private void AssertOnes()
    {
        foreach (var (name, tensor) in _module.state_dict())
        {
            using var all = (tensor == 1).all();
            Assert.IsTrue(all.item<bool>(), name);
        }
    }

    private sealed class WrappingModule : TrainingModule<Tensor>
    {
        private readonly TorchSharp.Modules.Linear _network = nn.Linear(4, 1);

        public WrappingModule()
            : base(nameof(WrappingModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => _network.call(batch).mean();
    }
}
