using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Finetunings;

[TestClass]
public sealed class BackboneFinetuningTests : IAsyncDisposable
{
    private readonly HeldCheckpointIO _storage = new() { Open = true };

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [TestMethod]
    public void Fit_Backbone_IsFrozenUntilItsEpochAndTrainedInAGroupOfItsOwnThen()
    {
        var weights = new List<float>();
        var means = new List<float>();
        var rates = new List<double[]>();
        var watching = new LambdaCallback()
            .On<OnTrainEpochEndArguments>(arguments =>
            {
                weights.Add(((NormModule)arguments.Module).Values("backbone.first.weight")[0]);
                means.Add(((NormModule)arguments.Module).Values("backbone.norm.running_mean")[0]);
                rates.Add([.. arguments.Trainer.Optimizers[0].ParamGroups.Select(group => group.LearningRate)]);
            });

        using var module = Fit(_storage, Options(trainBatchNorm: false), epochs: 6, watching: watching);

        Assert.AreEqual(weights[0], weights[1]);
        Assert.AreEqual(0, means[1], "a frozen batch norm gathers no statistics");
        Assert.AreNotEqual(weights[1], weights[2]);
        Assert.AreNotEqual(0, means[2]);
        Assert.AreSequenceEqual([0.04], rates[1]);
        double[] backbone = [0.004, 0.012, 0.036, 0.04];
        for (var epoch = 2; epoch < 6; epoch++)
        {
            Assert.AreEqual(0.04, rates[epoch][0]);
            Assert.AreEqual(backbone[epoch - 2], rates[epoch][1], 1e-12);
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "FT1")]
    [TestProperty("Behaviour", "FT2")]
    [DataRow("adam", 4, true, 1)]
    [DataRow("adam", 9, false, 2)]
    [DataRow("sgd", 12, false, 1)]
    [DataRow("sgd", 17, true, 2)]
    [DataRow("adam", 23, false, 1)]
    public void Fit_StoppedAndResumed_EqualsARunNeverStopped(string optimizer, int stopAfter, bool trainBatchNorm, int accumulate)
    {
        var whole = new HeldCheckpointIO { Open = true };
        using var first = Fit(whole, Options(trainBatchNorm), 6, optimizer, accumulate: accumulate);

        using var second = Fit(_storage, Options(trainBatchNorm), 6, optimizer, stopAfter, accumulate: accumulate);
        using var third = Fit(_storage, Options(trainBatchNorm), 6, optimizer, resume: "stopped.ckpt", accumulate: accumulate);

        Assert.AreSequenceEqual(first.Losses, second.Losses.Concat(third.Losses));
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), _storage.Tensors("final.ckpt"));
    }

    [TestMethod]
    public void Fit_OptimizerHasTheBackboneAlready_SaysWhatToDo()
    {
        using var module = new NormModule();
        var trainer = new Trainer(
            new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 4 }, [new BackboneFinetuning(Options(true))]);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new NumberedData(2)));

        Assert.StartsWith("The optimizer has all parameters of 'backbone' already", error.Message);
    }

    [TestMethod]
    public void Fit_NoSuchPart_NamesThoseThatAre()
    {
        using var module = new NormModule();
        var options = Options(true);
        options.Backbone = "encoder";

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(_storage),
                new TrainerOptions { MaxEpochs = 4 },
                [new BackboneFinetuning(options)]).Fit(module, new NumberedData(2)));

        Assert.StartsWith(
            "BackboneFinetuningOptions.Backbone is 'encoder', and NormModule has no part of this name. It has: backbone, ", error.Message);
    }

    [TestMethod]
    public void Freeze_BatchNormsLeftAlone_GoOnBeingTrained()
    {
        using var module = new NormModule();

        ModuleFreezer.Freeze(module.Backbone);
        Assert.AreSequenceEqual(
            ["backbone.norm.bias", "backbone.norm.weight", "head.bias", "head.weight"],
            module.named_parameters()
                .Where(entry => entry.parameter.requires_grad)
                .Select(entry => entry.name)
                .Order(StringComparer.Ordinal));
        Assert.HasCount(2, ModuleFreezer.TrainedParameters(module, includeBatchNorm: false).ToList());

        ModuleFreezer.Freeze(module.Backbone, trainBatchNorm: false);
        Assert.HasCount(2, ModuleFreezer.TrainedParameters(module).ToList());

        ModuleFreezer.Unfreeze(module.Backbone);
        Assert.HasCount(6, ModuleFreezer.TrainedParameters(module).ToList());
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<BackboneFinetuning>(options => options.UnfreezeAtEpoch = 3));

        Assert.AreEqual(3, trainer.Callbacks.OfType<BackboneFinetuning>().Single().Options.UnfreezeAtEpoch);
    }

    private static BackboneFinetuningOptions Options(bool trainBatchNorm) => new()
    {
        UnfreezeAtEpoch = 2,
        Multiplier = 3,
        TrainBatchNorm = trainBatchNorm,
    };

    private static NormModule Fit(
        HeldCheckpointIO storage,
        BackboneFinetuningOptions options,
        int epochs,
        string optimizer = "adam",
        int? stopAfter = null,
        string? resume = null,
        Callback? watching = null,
        int accumulate = 1)
    {
        manual_seed(41);
        var module = new NormModule { Setup = module => Make(optimizer, ModuleFreezer.TrainedParameters(module)) };
        manual_seed(resume is null ? 42 : 43);
        using var cancellation = new CancellationTokenSource();
        var stopping = new LambdaCallback()
            .On<OnTrainBatchEndArguments>(_ =>
            {
                if (module.Losses.Count == stopAfter)
                {
                    cancellation.Cancel();
                }
            });
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = epochs, AccumulateGradBatches = accumulate },
            [stopping, new BackboneFinetuning(options), watching ?? new LambdaCallback(), new SavingCallback()])
            .Fit(module, new NumberedData(4), new NumberedData(1), resume, cancellation.Token);
        return module;
    }

    private static OptimizerSetup Make(string optimizer, IEnumerable<Parameter> parameters) => optimizer == "adam"
        ? optim.Adam(parameters, 0.04)
        : optim.SGD(parameters, 0.04, momentum: 0.9);
}
