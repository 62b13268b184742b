using System.Globalization;

namespace Fulgurite.Tests.Callbacks.LearningRateFinders;

[TestClass]
public sealed class LearningRateFinderTests
{
    [TestMethod]
    [DataRow(LearningRateSpacing.Exponential, new[] { 0.01, 0.1, 1.0, 10.0 })]
    [DataRow(LearningRateSpacing.Linear, new[] { 0.01, 3.34, 6.67, 10.0 })]
    public void Find_Spacing_GivesEachStepItsRate(LearningRateSpacing spacing, double[] expected)
    {
        using var module = new NormModule(module => optim.SGD(module.parameters(), 0.5));
        var used = new List<double>();
        module.StepRates = used;

        var curve = Trainer().FindLearningRate(
            module,
            new NumberedData(3),
            new LearningRateFinderOptions
            {
                MinLearningRate = 0.01,
                MaxLearningRate = 10,
                Steps = 4,
                Spacing = spacing,
                EarlyStopFactor = null,
            });

        Assert.HasCount(4, curve.Points);
        for (var step = 0; step < 4; step++)
        {
            Assert.AreEqual(expected[step], curve.Points[step].LearningRate, 1e-12);
            Assert.AreEqual(expected[step], used[step], 1e-12);
        }
    }

    [TestMethod]
    public void Find_Smoothing_IsTheCorrectedMovingMean()
    {
        using var module = new NormModule();

        var curve = Trainer().FindLearningRate(module, new NumberedData(3), new LearningRateFinderOptions { Steps = 5, Smoothing = 0.5 });

        var average = 0.0;
        for (var step = 0; step < 5; step++)
        {
            average = (0.5 * average) + (0.5 * curve.Points[step].Loss);
            Assert.AreEqual(average / (1 - Math.Pow(0.5, step + 1)), curve.Points[step].SmoothedLoss, 1e-12);
        }
    }

    [TestMethod]
    public void Find_LossExplodes_StopsEarlyAndSuggestsARateBelow()
    {
        manual_seed(51);
        using var module = new NormModule(module => optim.SGD(module.parameters(), 0.5));

        var curve = Trainer().FindLearningRate(
            module,
            new NumberedData(20, 16),
            new LearningRateFinderOptions { MinLearningRate = 1e-4, MaxLearningRate = 1000, Steps = 100, Smoothing = 0.8, SkipBegin = 5 });

        Assert.IsTrue(curve.Diverged);
        Assert.IsLessThan(100, curve.Points.Count);
        Assert.IsNotNull(curve.Suggestion);
        Assert.IsGreaterThan(1e-3, curve.Suggestion.Value);
        Assert.IsLessThan(curve.Points[^1].LearningRate, curve.Suggestion.Value);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TU1")]
    [DataRow("success")]
    [DataRow("error")]
    [DataRow("cancellation")]
    public void Find_HoweverItEnds_NothingIsLeftOfIt(string end)
    {
        var storage = new HeldCheckpointIO { Open = true };
        var counting = 0;
        var counter = new LambdaCallback().On<SetUpArguments>(_ => counting++);
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [counter, new SavingCallback()]);
        manual_seed(52);
        using var module = new NormModule { OwnCallbacks = () => [new LambdaCallback().On<SetUpArguments>(_ => counting++)] };
        module.Backbone.eval();
        module.Head.bias!.requires_grad = false;
        var before = module.state_dict().ToDictionary(
            entry => entry.Key, entry => Convert.ToHexString(entry.Value.bytes), StringComparer.Ordinal);
        using var random = get_rng_state();
        using var cancellation = new CancellationTokenSource();
        module.AtStep = step =>
        {
            if (step == 3 && end == "error")
            {
                throw new InvalidDataException("broken batch");
            }

            if (step == 3 && end == "cancellation")
            {
                cancellation.Cancel();
            }
        };
        var options = new LearningRateFinderOptions { Steps = 7, MinLearningRate = 0.1 };

        switch (end)
        {
            case "error":
                Assert.ThrowsExactly<InvalidDataException>(() => trainer.FindLearningRate(module, new NumberedData(3), options));
                break;
            case "cancellation":
                Assert.ThrowsExactly<OperationCanceledException>(
                    () => trainer.FindLearningRate(module, new NumberedData(3), options, cancellation.Token));
                break;
            default:
                Assert.HasCount(7, trainer.FindLearningRate(module, new NumberedData(3), options).Points);
                break;
        }

        Assert.AreEqual(0, counting, "neither the callbacks of the trainer nor those of the module have run");
        Assert.IsEmpty(storage.Submitted, "nothing was saved");
        Assert.AreEqual(0, trainer.GlobalStep);
        foreach (var (name, tensor) in module.state_dict())
        {
            Assert.AreEqual(before[name], Convert.ToHexString(tensor.bytes), name);
        }

        Assert.IsTrue(module.training && !module.Backbone.training && module.Head.training);
        Assert.IsFalse(module.Head.bias!.requires_grad);
        Assert.IsTrue(module.parameters().All(parameter => parameter.grad is null));
        using var after = get_rng_state();
        Assert.AreSequenceEqual(random.bytes.ToArray(), after.bytes.ToArray());
    }

    [TestMethod]
    [TestProperty("Behaviour", "TU1")]
    public void Find_ThenFit_EqualsAFitWithoutASearch()
    {
        var plain = FitAfter(search: false);

        Assert.AreSequenceEqual(plain, FitAfter(search: true));
    }

    [TestMethod]
    [TestProperty("Behaviour", "TU2")]
    public void Find_ModuleWithALearningRate_IsGivenTheSuggestionAfterwards()
    {
        manual_seed(53);
        using var module = new RateModule();

        var curve = Trainer().FindLearningRate(
            module, Data(), new LearningRateFinderOptions { Steps = 30, MaxLearningRate = 10, SkipBegin = 2 });

        Assert.IsNotNull(curve.Suggestion);
        Assert.AreEqual(curve.Suggestion, module.LearningRate);
        using var untouched = new RateModule();
        Trainer().FindLearningRate(untouched, Data(), new LearningRateFinderOptions { Steps = 30, UpdateModule = false });
        Assert.AreEqual(0.5, untouched.LearningRate);
    }

    [TestMethod]
    public void Find_WhileTheTrainerRuns_IsRefused()
    {
        using var module = new NormModule();
        InvalidOperationException? error = null;
        Trainer? trainer = null;
        var hook = new LambdaCallback().On<OnTrainStartArguments>(_ => error = Assert.ThrowsExactly<InvalidOperationException>(
            () => trainer!.FindLearningRate(module, new NumberedData(2))));
        trainer = new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxSteps = 1 }, [hook]);

        trainer.Fit(module, new NumberedData(2));

        Assert.AreEqual("The trainer is running. Run the trial before the fit.", error?.Message);
    }

    [TestMethod]
    public void Suggest_KnownCurve_IsWhereItFallsMostSteeply()
    {
        double[] losses = [5, 4.9, 4.5, 3, 2.5, 2.4, 2.6, 9];
        var curve = new LearningRateCurve(
            [.. losses.Select((loss, index) => new LearningRatePoint(Math.Pow(10, index - 7), loss, loss))],
            Diverged: true,
            Suggestion: null);

        Assert.AreEqual(1e-4, curve.Suggest(skipBegin: 0)!.Value, 1e-12);
        Assert.AreEqual(1e-3, curve.Suggest(skipBegin: 4)!.Value, 1e-12, "what is left out does not count");
        Assert.IsNull(curve.Suggest(skipBegin: 6));
    }

    [TestMethod]
    public void ToCsv_AndToString_ShowEveryPoint()
    {
        var curve = new LearningRateCurve(
            [new LearningRatePoint(0.001, 2, 2), new LearningRatePoint(0.01, 1, 1.5), new LearningRatePoint(0.1, 3, 2.5)], false, 0.01);

        Assert.AreEqual("learning_rate,loss,smoothed_loss\n0.001,2,2\n0.01,1,1.5\n0.1,3,2.5\n", curve.ToCsv());
        var lines = curve.ToString().Split('\n');
        Assert.HasCount(4, lines);
        Assert.AreEqual("   1.00E-2      1.50000 |* <- suggestion", lines[1]);
        Assert.AreEqual($"   1.00E-1      2.50000 |{new string(' ', 50)}*", lines[2]);
        Assert.AreEqual("suggestion: 1.00E-2", lines[3]);
    }

    [TestMethod]
    public void Find_OptionsThatContradictEachOther_AreRefused()
    {
        using var module = new NormModule();

        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            Trainer().FindLearningRate(
                module,
                new NumberedData(2),
                new LearningRateFinderOptions { MinLearningRate = 1, MaxLearningRate = 0.1 }));

        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"MinLearningRate is {1} and MaxLearningRate {0.1}; the first must be less."),
            error.Message);
    }

    private static Trainer Trainer() => new(new SingleDeviceStrategy(new HeldCheckpointIO { Open = true }));

    private static List<double> FitAfter(bool search)
    {
        manual_seed(54);
        using var module = new NormModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 2 });
        if (search)
        {
            trainer.FindLearningRate(module, new NumberedData(4), new LearningRateFinderOptions { Steps = 20, MinLearningRate = 1e-3 });
        }

        module.Losses.Clear();
        trainer.Fit(module, new NumberedData(4));
        return module.Losses;
    }

    private static Tensor[] Data() => [.. Enumerable.Range(0, 4).Select(_ => ones(3, 2).DetachFromDisposeScope())];

    private sealed class RateModule : TrainingModule<Tensor>, ILearningRateModule
    {
        private readonly TorchSharp.Modules.Linear _linear = nn.Linear(2, 1);

        public RateModule()
            : base(nameof(RateModule)) => RegisterComponents();

        public double LearningRate { get; set; } = 0.5;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), LearningRate);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => (_linear.call(batch) - 3).square().mean();
    }
}
