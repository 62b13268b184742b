namespace Fulgurite.Tests.Callbacks.WeightAveragings;

[TestClass]
public sealed class StochasticWeightAveragingTests : IAsyncDisposable
{
    private const string Weight = "backbone.first.weight";

    private readonly HeldCheckpointIO _storage = new() { Open = true };

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [TestMethod]
    public void Fit_LastEpochs_AreAveragedEvenly()
    {
        var epochs = new List<float[]>();
        var saving = new SavingCallback { AtEpochEnd = trainer => Note(trainer, epochs) };

        using var module = new AveragingRun { Storage = _storage, Averaging = () => Swa(), Saving = saving }.Fit();

        Assert.HasCount(4, epochs, "epochs 2 to 5");
        var expected = Enumerable.Range(0, epochs[0].Length).Select(index => epochs.Average(weights => weights[index])).ToList();
        var actual = module.Values(Weight);
        for (var index = 0; index < actual.Length; index++)
        {
            Assert.AreEqual(expected[index], actual[index], 1e-6);
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM2")]
    [DataRow(7, false, AnnealingStrategy.Cosine)]
    [DataRow(12, true, AnnealingStrategy.Linear)]
    [DataRow(15, true, AnnealingStrategy.Cosine)]
    [DataRow(18, false, AnnealingStrategy.Linear)]
    [DataRow(27, true, AnnealingStrategy.Cosine)]
    public void Fit_CrashedAndResumedWithAScheduler_EqualsARunNeverStopped(int stopAfter, bool crash, AnnealingStrategy annealing)
    {
        var whole = new HeldCheckpointIO { Open = true };
        using var first = new AveragingRun { Storage = whole, Averaging = () => Swa(annealing), WithScheduler = true }.Fit();

        using var second = new AveragingRun
        {
            Storage = _storage,
            Averaging = () => Swa(annealing),
            WithScheduler = true,
            StopAfter = stopAfter,
            Fail = crash,
        }.Fit();
        using var third = new AveragingRun
        {
            Storage = _storage,
            Averaging = () => Swa(annealing),
            WithScheduler = true,
            Resume = "stopped.ckpt",
        }.Fit();

        // The pass at the end, which the batch norms are found anew by, is in the losses of both.
        Assert.AreSequenceEqual(first.Losses, second.Losses.Concat(third.Losses));
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), _storage.Tensors("final.ckpt"));
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM2")]
    public void Fit_ResumedFromTheFileOfTheEnd_EqualsALongerRun()
    {
        var whole = new HeldCheckpointIO { Open = true };
        using var first = new AveragingRun { Storage = whole, Averaging = () => Swa() }.Fit();
        using var second = new AveragingRun { Storage = _storage, Averaging = () => Swa(), Epochs = 4 }.Fit();

        using var third = new AveragingRun { Storage = _storage, Averaging = () => Swa(), Resume = "final.ckpt" }.Fit();

        Assert.AreSequenceEqual(first.Losses, second.Losses.Take(20).Concat(third.Losses));
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), _storage.Tensors("final.ckpt"));
    }

    [TestMethod]
    public void Fit_LearningRates_MoveToTheirTargetWhateverTheScheduler()
    {
        var rates = new List<double>();
        manual_seed(31);
        using var module = new NormModule(module => optim.SGD(module.parameters(), 0.1));
        var options = new StochasticWeightAveragingOptions { StartEpoch = 1, AnnealingEpochs = 4, Annealing = AnnealingStrategy.Linear };
        options.LearningRates.Add(0.5);
        var watching = new LambdaCallback()
            .On<OnTrainEpochEndArguments>(arguments => rates.Add(arguments.Trainer.Optimizers[0].ParamGroups.First().LearningRate));

        new Trainer(
            new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 7 }, [new StochasticWeightAveraging(options), watching])
            .Fit(module, new NumberedData(2));

        double[] expected = [0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5];
        for (var epoch = 0; epoch < 7; epoch++)
        {
            Assert.AreEqual(expected[epoch], rates[epoch], 1e-12);
        }
    }

    [TestMethod]
    public void Fit_Ends_BatchNormsHaveTheStatisticsOfTheAverageOverTheTrainingData()
    {
        using var module = new AveragingRun { Storage = _storage, Averaging = () => Swa() }.Fit();

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var first = (nn.Module<Tensor, Tensor>)module.Backbone.named_children().First().module;
        var means = new NumberedData(5).GetBatches(5, 0).Select(batch => first.call(batch).mean([0L])).ToList();
        var expected = stack(means).mean([0L]).data<float>().ToArray();
        var actual = module.Values("backbone.norm.running_mean");
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.AreEqual(expected[index], actual[index], 1e-5f);
        }

        using var state = _storage.Read("final.ckpt");
        Assert.AreEqual(5, States.Integer(state, "state_dict.backbone.norm.num_batches_tracked"), "the batches of the pass at the end");
        Assert.AreEqual(
            30,
            States.Integer(state, $"callbacks.{typeof(StochasticWeightAveraging).FullName}.current.backbone.norm.num_batches_tracked"),
            "those that training has used");
    }

    [TestMethod]
    public void Fit_PassAtTheEnd_LeavesMetricsAndRandomNumbersAlone()
    {
        var metrics = new List<double>();
        var random = new List<float>();
        foreach (var update in new[] { true, false })
        {
            manual_seed(31);
            using var module = new NormModule();
            var averaging = new StochasticWeightAveraging(
                new StochasticWeightAveragingOptions { StartEpoch = 0, UpdateBatchNorm = update });
            var result = new Trainer(
                new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 2 }, [averaging]).Fit(module, new NumberedData(3));
            metrics.Add(result.Metrics["train_loss"]);
            using var drawn = rand(1);
            random.Add(drawn.item<float>());
        }

        Assert.AreEqual(metrics[0], metrics[1]);
        Assert.AreEqual(random[0], random[1]);
    }

    [TestMethod]
    public void Fit_EndsBeforeItBegins_SaysSo()
    {
        var log = new CollectingLogger<StochasticWeightAveraging>();
        using var module = new NormModule();
        var averaging = new StochasticWeightAveraging(new StochasticWeightAveragingOptions { StartEpoch = 5 }, log);

        new Trainer(new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 2 }, [averaging]).Fit(module, new NumberedData(1));

        Assert.AreSequenceEqual(
            ["Training ended before epoch 5, where averaging would have begun: the module has its own weights"], log.Messages);
    }

    [TestMethod]
    public void Fit_RatesForOtherGroups_IsRefused()
    {
        using var module = new NormModule();
        var options = new StochasticWeightAveragingOptions();
        options.LearningRates.Add(0.1);
        options.LearningRates.Add(0.2);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(_storage),
                new TrainerOptions { MaxEpochs = 2 },
                [new StochasticWeightAveraging(options)]).Fit(module, new NumberedData(1)));

        Assert.StartsWith("StochasticWeightAveragingOptions.LearningRates has 2 values and the optimizers have 1 groups.", error.Message);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<StochasticWeightAveraging>(options => options.StartEpoch = 3));

        Assert.AreEqual(3, trainer.Callbacks.OfType<StochasticWeightAveraging>().Single().Options.StartEpoch);
    }

    private static StochasticWeightAveraging Swa(AnnealingStrategy annealing = AnnealingStrategy.Cosine)
    {
        var options = new StochasticWeightAveragingOptions { StartEpoch = 2, AnnealingEpochs = 2, Annealing = annealing };
        options.LearningRates.Add(0.005);
        return new StochasticWeightAveraging(options);
    }

    private static bool Note(Trainer trainer, List<float[]> epochs)
    {
        using var state = trainer.CaptureState();
        if (state.Find($"callbacks.{typeof(StochasticWeightAveraging).FullName}.current.{Weight}") is { } current)
        {
            epochs.Add(States.Values(current.AsTensor()));
        }

        return false;
    }
}
