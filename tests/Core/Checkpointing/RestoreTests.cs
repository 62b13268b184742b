namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>Strict and non-strict restore of a checkpoint, and the report of skipped entries.</summary>
[TestClass]
public sealed class RestoreTests : IDisposable
{
    private readonly InMemoryCheckpointIO _storage = new();
    private readonly CollectingLogger _messages = new(LogLevel.Warning);

    [TestMethod]
    [DataRow("extra", true)]
    [DataRow("missing", true)]
    [DataRow("extra", false)]
    [DataRow("missing", false)]
    [TestProperty("Behaviour", "RS12")]
    public void Validate_OtherWeights_FailsStrictlyAndPassesOtherwise(string difference, bool strict)
    {
        Save(difference);
        using var module = Module(strict);
        var before = module.state_dict()["_second.bias"].data<float>().ToArray();

        if (strict)
        {
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Validate(module, new SmallData(1), "other.ckpt"));
            Assert.Contains(
                difference == "extra" ? "Unknown to the module: more.weight." : "Missing in the checkpoint: _second.bias.", error.Message);
            Assert.Contains("StrictLoading", error.Message);
            return;
        }

        Trainer().Validate(module, new SmallData(1), "other.ckpt");

        Assert.AreSequenceEqual(Weights("_first.weight"), module.state_dict()["_first.weight"].data<float>().ToArray());
        Assert.AreEqual(difference == "missing", before.SequenceEqual(module.state_dict()["_second.bias"].data<float>().ToArray()));
        Assert.Contains(
            difference == "extra" ? "Unknown to the module: more.weight." : "Missing in the checkpoint: _second.bias.",
            _messages.Messages.Single(message => message.Contains("non-strictly", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(null, null, true)]
    [DataRow(null, true, true)]
    [DataRow(null, false, false)]
    [DataRow(true, null, true)]
    [DataRow(false, null, false)]
    [DataRow(true, true, true)]
    [DataRow(false, false, false)]
    [TestProperty("Behaviour", "CC8")]
    [TestProperty("Behaviour", "SV8")]
    public void LoadWeights_StrictOfModuleAndCall_GoTogether(bool? ofModule, bool? ofCall, bool strict)
    {
        Save("extra");
        using var module = Module(ofModule);

        if (strict)
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().LoadWeights(module, "other.ckpt", ofCall));
        }
        else
        {
            Trainer().LoadWeights(module, "other.ckpt", ofCall);
            Assert.AreSequenceEqual(Weights("_first.weight"), module.state_dict()["_first.weight"].data<float>().ToArray());
        }
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [TestProperty("Behaviour", "SV8")]
    public void LoadWeights_StrictOfModuleAndCallContradict_IsAnError(bool ofModule, bool ofCall)
    {
        Save("extra");
        using var module = Module(ofModule);

        Assert.Contains(
            "StrictLoading", Assert.ThrowsExactly<ArgumentException>(() => Trainer().LoadWeights(module, "other.ckpt", ofCall)).Message);
    }

    [TestMethod]
    public void LoadWeights_OtherShapesNonStrictly_IsAnErrorAndChangesNothing()
    {
        Save("shape");
        using var module = Module(false);
        var before = module.state_dict()["_first.weight"].data<float>().ToArray();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().LoadWeights(module, "other.ckpt"));

        Assert.Contains("'_first.weight' is a Float32 tensor [2] in it and has the shape [8, 4] in the module", error.Message);
        Assert.AreSequenceEqual(before, module.state_dict()["_first.weight"].data<float>().ToArray());
    }

    [TestMethod]
    public void LoadWeights_NothingFitsNonStrictly_IsAnError()
    {
        Save("nothing");
        using var module = Module(false);

        Assert.Contains(
            "None of its weights belongs to the module",
            Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().LoadWeights(module, "other.ckpt")).Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS12")]
    public void Fit_ResumedNonStrictly_GoesOnAndSaysWhatIsLeftOut()
    {
        Save("extra");
        using var module = Module(false);

        var result = Trainer(maxEpochs: 2).Fit(module, new SmallData(2), checkpointPath: "other.ckpt");

        Assert.AreEqual(4L, result.GlobalStep);
        Assert.Contains(
            "Unknown to the module: more.weight.",
            _messages.Messages.Single(message => message.Contains("non-strictly", StringComparison.Ordinal)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR2")]
    public void Fit_WeightsOnly_SaysHowToStartFromThem()
    {
        Save("weights only");
        using var module = Module(null);

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Trainer().Fit(module, new SmallData(2), checkpointPath: "other.ckpt"));

        Assert.Contains("SaveWeightsOnly", error.Message);
        Assert.Contains("trainer.LoadWeights(module, path)", error.Message);
        Trainer().LoadWeights(module, "other.ckpt");
        Assert.AreEqual(2L, Trainer().Fit(module, new SmallData(2)).GlobalStep, "what the message says works");
    }

    [TestMethod]
    [TestProperty("Behaviour", "CC9")]
    [DataRow("validate")]
    [DataRow("test")]
    public void Evaluate_OfACheckpoint_RestoresCallbacks(string stage)
    {
        using var module = new SizedModule(5, "relu");
        new Trainer(
            new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 1 }, [new Counter(), new AtEnd(_storage, "sized.ckpt")])
            .Fit(module, new SmallData(2));
        var counter = new Counter();
        var trainer = Trainer(1, counter);

        if (stage == "validate")
        {
            trainer.Validate(module, new SmallData(1), "sized.ckpt");
        }
        else
        {
            trainer.Test(module, new SmallData(1), "sized.ckpt");
        }

        Assert.AreSequenceEqual(["OnLoadCheckpoint", "LoadStateDict 2"], counter.Calls);
        Assert.IsEmpty(_messages.Messages);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR15")]
    [TestProperty("Behaviour", "CA3")]
    public void Fit_OtherCallbacks_AreNamed()
    {
        Save("nothing missing");
        using var module = Module(null);

        Trainer(2, new Newcomer()).Fit(module, new SmallData(2), checkpointPath: "other.ckpt");

        Assert.HasCount(2, _messages.Messages);
        Assert.Contains("has the state of callbacks that the trainer does not have: counter", _messages.Messages[0]);
        Assert.Contains("has no state for these callbacks, which start from scratch: newcomer", _messages.Messages[1]);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CA3")]
    [TestProperty("Behaviour", "RS7")]
    public void Fit_CallbacksInAnotherOrder_AreFoundByTheirKeys()
    {
        Save("nothing missing", new Newcomer());
        using var module = Module(null);
        var counter = new Counter();

        Trainer(2, new Newcomer(), counter).Fit(module, new SmallData(2), checkpointPath: "other.ckpt");

        Assert.IsEmpty(_messages.Messages);
        Assert.Contains("LoadStateDict 2", counter.Calls);
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP30")]
    [DataRow("MaxEpochs is 1")]
    [DataRow("MaxSteps is 2")]
    [DataRow("MaxTime is 00:00:00.0000001")]
    public void Fit_ResumedFromTheEnd_NamesTheLimitToRaise(string limit)
    {
        Save("nothing missing", new Newcomer());
        using var module = Module(null);
        var options = limit switch
        {
            "MaxEpochs is 1" => new TrainerOptions { MaxEpochs = 1 },
            "MaxSteps is 2" => new() { MaxEpochs = 9, MaxSteps = 2 },
            _ => new() { MaxEpochs = 9, MaxTime = TimeSpan.FromTicks(1) },
        };

        var result = new Trainer(new SingleDeviceStrategy(_storage), options, [new Newcomer(), new Counter()], loggerFactory: _messages)
            .Fit(module, new SmallData(2), checkpointPath: "other.ckpt");

        Assert.AreEqual((FitStatus.Completed, 2L), (result.Status, result.GlobalStep));
        Assert.AreEqual(
            $"The run of other.ckpt is finished (step 2, epoch 1): nothing is trained, because {limit}. Raise the limit to train further.",
            _messages.Messages.Single());
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS9")]
    [TestProperty("Behaviour", "HP1")]
    [TestProperty("Behaviour", "HK5")]
    public void LoadFromCheckpoint_MakesTheModuleOfItsHyperParameters()
    {
        using var sized = new SizedModule(5, "relu");
        new Trainer(new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 1 }, [new AtEnd(_storage, "sized.ckpt")])
            .Fit(sized, new SmallData(2));
        var trainer = Trainer();

        Assert.AreEqual(5, trainer.ReadHyperParameters("sized.ckpt")["hidden"].AsInteger());
        using var loaded = trainer.LoadFromCheckpoint(
            "sized.ckpt", made => new SizedModule((int)made["hidden"].AsInteger(), made["activation"].AsText()));

        Assert.AreEqual("relu", loaded.Activation);
        Assert.AreEqual(1, loaded.Loads);
        Assert.AreSequenceEqual(
            sized.state_dict()["_hidden.weight"].data<float>().ToArray(), loaded.state_dict()["_hidden.weight"].data<float>().ToArray());
        Assert.ThrowsExactly<InvalidOperationException>(
            () => trainer.LoadFromCheckpoint("sized.ckpt", _ => new SizedModule(6, "relu")), "overridden, and then other shapes");
    }

    [TestMethod]
    public void ReadHyperParameters_OfAFileWithoutAny_IsEmpty()
    {
        Save("nothing missing");

        Assert.HasCount(0, Trainer().ReadHyperParameters("other.ckpt"));
    }

    public void Dispose()
    {
        _storage.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _messages.Dispose();
    }

    private static SmallModule Module(bool? strict)
    {
        manual_seed(21);
        return new SmallModule { Strict = strict };
    }

    private Trainer Trainer(int maxEpochs = 1, params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = maxEpochs }, callbacks, loggerFactory: _messages);

    private float[] Weights(string name)
    {
        using var tensor = _storage["other.ckpt"][CheckpointKeysStateDict].AsMap()[name].AsTensor().ToTensor();
        return tensor.data<float>().ToArray();
    }

    private const string CheckpointKeysStateDict = "state_dict";

    /// <summary>A checkpoint of one epoch of two batches, changed.</summary>
    private void Save(string change, params Callback[] more)
    {
        manual_seed(11);
        using var module = new SmallModule();
        new Trainer(
            new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 1 },
            [new Counter(), .. more, new AtEnd(_storage, "whole.ckpt", change == "weights only")])
            .Fit(module, new SmallData(2));
        using var changed = new TrainingState();
        foreach (var (key, value) in _storage["whole.ckpt"].Root)
        {
            changed[key.ToString()] = value;
        }

        var weights = new StateMap();
        foreach (var (key, value) in changed[CheckpointKeysStateDict].AsMap())
        {
            weights[change == "nothing" ? $"other.{key}" : key] = value;
        }

        switch (change)
        {
            case "extra":
                weights["more.weight"] = TensorData.FromValues<float>([1], ScalarType.Float32, 1);
                break;
            case "missing":
                weights.Remove("_second.bias");
                break;
            case "shape":
                weights["_first.weight"] = TensorData.FromValues<float>([1, 2], ScalarType.Float32, 2);
                break;
            default:
                break;
        }

        changed[CheckpointKeysStateDict] = weights;
        _storage.Submit(changed, "other.ckpt", null);
    }

    private sealed class AtEnd(InMemoryCheckpointIO storage, string path, bool weightsOnly = false) : Callback
    {
        public override void OnTrainEnd(OnTrainEndArguments arguments)
        {
            using var state = arguments.Trainer.CaptureState(weightsOnly);
            storage.Submit(state, path, null);
        }
    }

    private sealed class Counter : Callback
    {
        private int _batches;

        public List<string> Calls { get; } = [];

        public override string StateKey => "counter";

        public override StateMap StateDict() => new() { ["batches"] = _batches };

        public override void LoadStateDict(StateMap state) => Calls.Add($"LoadStateDict {state["batches"].AsInteger()}");

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => _batches++;

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => Calls.Add("OnLoadCheckpoint");
    }

    private sealed class Newcomer : Callback
    {
        public override string StateKey => "newcomer";

        public override StateMap StateDict() => new() { ["is"] = "here" };
    }

    private sealed class SizedModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _hidden;
        private readonly Linear _output;

        public SizedModule(int hidden, string activation)
            : base(nameof(SizedModule))
        {
            (Hidden, Activation) = (hidden, activation);
            _hidden = nn.Linear(4, hidden);
            _output = nn.Linear(hidden, 1);
            RegisterComponents();
        }

        public int Hidden { get; }

        public string Activation { get; }

        public int Loads { get; private set; }

        public override StateMap HyperParameters => new() { ["hidden"] = Hidden, ["activation"] = Activation };

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.01);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            nn.functional.mse_loss(_output.call(nn.functional.relu(_hidden.call(batch.Inputs))), batch.Targets);

        public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
        }

        public override void TestStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
        }

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => Loads++;
    }
}
