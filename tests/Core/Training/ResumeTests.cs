namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class ResumeTests
{
    public static IEnumerable<(string Optimizer, int Accumulate, int? Validation, int StopAfter)> Cases =>
        from optimizer in new[] { "adam", "adamw", "sgd", "amsgrad" }
        from accumulate in new[] { 1, 3 }
        from validation in new int?[] { null, 2 }
        from stop in new[] { 1, 4, 7, 8, 12 }
        select (optimizer, accumulate, validation, stop);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    [TestProperty("Behaviour", "LP4")]
    [TestProperty("Behaviour", "LP11")]
    public void Fit_StoppedAndResumed_EqualsARunNeverStopped(string optimizer, int accumulate, int? validation, int stopAfter)
    {
        var whole = Run(optimizer, accumulate, validation, new InMemoryCheckpointIO(), cancelAfter: null, resumeFrom: null);

        var storage = new InMemoryCheckpointIO();
        var first = Run(optimizer, accumulate, validation, storage, cancelAfter: stopAfter, resumeFrom: null);
        var second = Run(optimizer, accumulate, validation, storage, cancelAfter: null, resumeFrom: "stopped.ckpt");

        Assert.AreEqual(FitStatus.Cancelled, first.Result.Status);
        Assert.AreEqual(FitStatus.Completed, second.Result.Status);
        Assert.AreEqual(whole.Result.GlobalStep, second.Result.GlobalStep);
        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses), "every batch once, with the same random numbers");
        Assert.AreSequenceEqual(whole.State, second.State, "weights, buffers, optimizer, random numbers and metrics, bit for bit");
        Assert.AreEqual(whole.Result.Metrics["val_loss"], second.Result.Metrics["val_loss"]);
        Assert.AreEqual(whole.Result.Metrics["train_loss"], second.Result.Metrics["train_loss"]);
    }

    [TestMethod]
    public void Fit_PlainEnumerableResumed_SkipsWhatWasUsed()
    {
        var batches = new SmallData(8)
            .Select(batch => (batch.Inputs.DetachFromDisposeScope(), batch.Targets.DetachFromDisposeScope()))
            .ToList();
        var storage = new InMemoryCheckpointIO();

        var whole = Run("adam", 1, 2, new InMemoryCheckpointIO(), null, null, batches);
        var first = Run("adam", 1, 2, storage, 5, null, batches);
        var second = Run("adam", 1, 2, storage, null, "stopped.ckpt", batches);

        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreSequenceEqual(whole.State, second.State);
    }

    [TestMethod]
    public void Fit_CheckpointOfAnotherModule_SaysWhatDiffersAndChangesNothing()
    {
        var storage = new InMemoryCheckpointIO();
        using var foreign = new TrainingState(new StateMap
        {
            ["state_dict"] = new StateMap { ["other.weight"] = TensorData.FromValues<float>([1], ScalarType.Float32, 1) },
            ["optimizer_states"] = new StateList([new StateMap()]),
        });
        storage.Submit(foreign, "foreign.ckpt", null);
        using var module = new SmallModule();
        var before = module.state_dict()["_first.weight"].data<float>().ToArray();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(storage),
                new TrainerOptions { MaxEpochs = 1 }).Fit(module, new SmallData(1), checkpointPath: "foreign.ckpt"));

        Assert.StartsWith(
            "The checkpoint 'foreign.ckpt' does not fit this training. It belongs to a different module. Missing in the checkpoint: "
                + "_first.weight",
            error.Message);
        Assert.Contains("Unknown to the module: other.weight.", error.Message);
        Assert.AreSequenceEqual(before, module.state_dict()["_first.weight"].data<float>().ToArray());
    }

    [TestMethod]
    [DataRow("fulgurite", "The state has no 'progress' here.")]
    [DataRow("optimizer_states", "Expected a list in the state and found StateMap")]
    [DataRow("epoch", "Expected an integer in the state and found StateMap")]
    [DataRow("shape", "optimizer_states.0.state.0.exp_avg has the shape [3] in it, but its parameter has [8, 4].")]
    [DataRow("setting", "The settings of its optimizers and schedulers cannot be restored: Expected a number in the state and found")]
    [DataRow("master", "optimizer_states.0.state.0.master_param has the shape [3] in it, but its parameter has [8, 4].")]
    [DataRow("gradient of none", "It has the gradient of a parameter 77, but the optimizers have 6.")]
    [DataRow("gradient without a number", "It has the gradient of a parameter x, but the optimizers have 6.")]
    [DataRow("gradient of another shape", "Its gradient 0 has the shape [3], but its parameter has [8, 4].")]
    [DataRow("gradient of text", "Expected a tensor in the state and found StateText")]
    [DataRow("gradient that is cut", "The state has no 'shape' here.")]
    [DataRow("gradient out of range", "It has a sparse gradient of shape [8, 4] whose indices")]
    [DataRow("rng of another size", "Its state of the random number generator is a Byte tensor [3]")]
    [DataRow("rng of another type", "Its state of the random number generator is a Float32 tensor [5056]")]
    [DataRow("rng of zeros", "Its state of the random number generator is invalid.")]
    public void Fit_CheckpointWithAStrangePart_NamesTheFileAndChangesNothing(string part, string reason)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxSteps = 1 },
            [new FinalState(storage)]).Fit(module, new SmallData(2));
        using var strange = new TrainingState();
        foreach (var (key, value) in storage["final.ckpt"].Root)
        {
            strange[key.ToString()] = value;
        }

        switch (part)
        {
            case "shape":
                var entry = new StateMap { ["step"] = 1, ["exp_avg"] = TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3) };
                strange["optimizer_states"] = new StateList([new StateMap
                {
                    ["state"] = new StateMap { [0] = entry },
                    ["param_groups"] = strange.Find("optimizer_states.0.param_groups")!,
                }]);
                break;
            case "epoch":
                strange.Root.Remove("fulgurite");
                strange.Root.Remove("loops");
                strange["epoch"] = new StateMap();
                break;
            case "setting":
                strange["optimizer_states"] = new StateList([new StateMap
                {
                    ["state"] = new StateMap(),
                    ["param_groups"] = new StateList(
                        [strange.Find("optimizer_states.0.param_groups.0")!.AsMap().With("lr", new StateMap())]),
                }]);
                break;
            case "master":
                var three = TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3);
                strange["optimizer_states"] = new StateList([new StateMap
                {
                    ["state"] = new StateMap { [0] = new StateMap { ["step"] = 1, ["master_param"] = three } },
                    ["param_groups"] = strange.Find("optimizer_states.0.param_groups")!,
                }]);
                break;
            case "rng of another size" or "rng of another type" or "rng of zeros":
                var random = part switch
                {
                    "rng of another size" => TensorData.FromValues<byte>([1, 2, 3], ScalarType.Byte, 3),
                    "rng of another type" => TensorData.FromValues<float>(new float[5056], ScalarType.Float32, 5056),
                    _ => TensorData.FromValues<byte>(new byte[5056], ScalarType.Byte, 5056),
                };
                strange["fulgurite"] = strange["fulgurite"].AsMap().With("rng", new StateMap { ["cpu"] = random });
                break;
            case var _ when part.StartsWith("gradient", StringComparison.Ordinal):
                strange["fulgurite"] = strange["fulgurite"].AsMap().With("gradients", Gradients(part));
                break;
            default:
                strange[part] = new StateMap();
                break;
        }

        storage.Submit(strange, "strange.ckpt", null);
        var before = module.state_dict()["_first.weight"].data<float>().ToArray();
        manual_seed(5);
        using var other = new SmallModule();
        var untouched = other.state_dict()["_first.weight"].data<float>().ToArray();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(storage),
                new TrainerOptions { MaxSteps = 2 }).Fit(other, new SmallData(2), checkpointPath: "strange.ckpt"));

        Assert.StartsWith($"The checkpoint 'strange.ckpt' does not fit this training. {reason}", error.Message);
        Assert.AreSequenceEqual(untouched, other.state_dict()["_first.weight"].data<float>().ToArray());
        Assert.AreNotEqual(before[0], untouched[0]);
    }

    [TestMethod]
    public void Fit_WeightsOnlyCheckpoint_IsRefusedWithTheReason()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var saving = new SavingWeights();
        new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 1 }, [saving]).Fit(module, new SmallData(2));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(storage),
                new TrainerOptions { MaxSteps = 2 }).Fit(module, new SmallData(2), checkpointPath: "weights.ckpt"));

        Assert.Contains("SaveWeightsOnly", error.Message);
    }

    private static Outcome Run(
        string optimizer,
        int accumulate,
        int? validation,
        InMemoryCheckpointIO storage,
        int? cancelAfter,
        string? resumeFrom,
        IEnumerable<(Tensor, Tensor)>? data = null)
    {
        manual_seed(11);
        using var interruption = new Interruption(cancelAfter);
        using var module = new SmallModule(parameters => Make(optimizer, parameters));
        manual_seed(resumeFrom is null ? 12 : 13);
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 2, AccumulateGradBatches = accumulate, ValidationInterval = validation },
            [interruption.Saving, new FinalState(storage)]);

        var result = trainer.Fit(module, data ?? new SmallData(8), new SmallData(2), resumeFrom, interruption.Token);
        return new Outcome(result, module.Losses, cancelAfter is null ? Flatten(storage["final.ckpt"]) : []);
    }

    private static optim.Optimizer Make(string name, IEnumerable<Parameter> parameters) => name switch
    {
        "adam" => optim.Adam(parameters, lr: 0.05),
        "amsgrad" => optim.Adam(parameters, lr: 0.05, amsgrad: true),
        "adamw" => optim.AdamW(parameters, lr: 0.05, weight_decay: 0.1),
        "sgd" => optim.SGD(parameters, learningRate: 0.05, momentum: 0.9),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static StateMap Gradients(string part)
    {
        var three = TensorData.FromValues<float>([1, 2, 3], ScalarType.Float32, 3);
        var far = new StateMap
        {
            ["indices"] = TensorData.FromValues<long>([99], ScalarType.Int64, 1, 1),
            ["values"] = TensorData.FromValues<float>([1, 2, 3, 4], ScalarType.Float32, 1, 4),
            ["shape"] = new StateList([8, 4]),
        };
        return part switch
        {
            "gradient of none" => new StateMap { [77] = three },
            "gradient without a number" => new StateMap { ["x"] = three },
            "gradient of another shape" => new StateMap { [0] = three },
            "gradient of text" => new StateMap { [0] = "text" },
            "gradient that is cut" => new StateMap { [0] = new StateMap { ["indices"] = three } },
            "gradient out of range" => new StateMap { [0] = far },
            _ => throw new ArgumentOutOfRangeException(nameof(part)),
        };
    }

    private static List<string> Flatten(TrainingState state)
    {
        var lines = new List<string>();
        foreach (var (path, tensor) in state.Tensors())
        {
            var bytes = new byte[tensor.ByteLength];
            tensor.CopyTo(bytes);
            lines.Add($"{path}: {Convert.ToHexString(bytes)}");
        }

        lines.Add(state.Find("fulgurite.progress.phase")!.AsText());
        return lines;
    }

    private sealed record Outcome(FitResult Result, List<double> Losses, List<string> State);

    /// <summary>Saves at the end of training.</summary>
    private sealed class FinalState(InMemoryCheckpointIO storage) : Callback
    {
        public override void OnTrainEnd(OnTrainEndArguments arguments)
        {
            using var state = arguments.Trainer.CaptureState();
            storage.Submit(state, "final.ckpt", null);
        }
    }

    private sealed class SavingWeights : Checkpoint
    {
        public override void OnTrainEnd(OnTrainEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: true, ("weights.ckpt", null));
    }
}
