using TorchSharp;

namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
[DoNotParallelize]
public sealed class AnomalyTests
{
    [TestMethod]
    public void Fit_LossThatIsNoNumber_SaysWhereAndThatTheForwardMadeIt()
    {
        var exception = Fail(new NumericsModule { Change = (_, loss, index) => index == 2 ? loss * float.NaN : loss });

        Assert.AreEqual(
            "The loss is 1 nan of 1 at step 2 (epoch 1, batch 3). All parameters and buffers of the module are finite, so its forward "
                + "made it: look at the batch, and at divisions, logarithms and square roots.",
            exception.Message);
        Assert.IsNull(exception.Tensor);
        Assert.AreEqual(2, exception.GlobalStep);
    }

    [TestMethod]
    public void Fit_LossFromABadBuffer_NamesTheBuffer()
    {
        var exception = Fail(new NumericsModule
        {
            Change = (module, loss, index) =>
            {
                if (index == 1)
                {
                    module.get_buffer("_norm.running_mean")!.fill_(float.PositiveInfinity);
                    return loss * float.PositiveInfinity;
                }

                return loss;
            },
        });

        Assert.AreEqual(
            "The loss is 1 infinite of 1 at step 1 (epoch 1, batch 2). The buffer '_norm.running_mean' of the module '_norm' is not "
                + "finite: 8 infinite of 8.",
            exception.Message);
    }

    [TestMethod]
    public void Fit_BackwardThatMakesNoNumber_NamesTheFunction()
    {
        // The derivative of a square root is infinite at 0, and 0 times that is no number; the loss itself is finite.
        var exception = Fail(new NumericsModule { Change = (module, loss, _) => loss + ((module.First.weight! * 0).sqrt() * 0).sum() });

        Assert.Contains("SqrtBackward0", exception.Message);
        Assert.Contains("at step 0 (epoch 1, batch 1)", exception.Message);
        Assert.IsNotNull(exception.InnerException);
        Assert.IsFalse(AnomalyMode.IsEnabled);
    }

    [TestMethod]
    public void Fit_InfiniteGradient_NamesTheParameterAndItsModule()
    {
        var exception = Fail(
            new NumericsModule
            {
                Change = (module, loss, _) => loss + ((module.First.weight! - module.First.weight!.detach()) * 1e30f).sum() * 1e30f,
            });

        Assert.AreEqual("_first.weight", exception.Tensor);
        Assert.Contains("The gradient of '_first.weight' of the module '_first' is ", exception.Message);
        Assert.Contains("at step 0 (epoch 1, batch 1).", exception.Message);
    }

    [TestMethod]
    public void Fit_StepThatLeavesWhatIsFinite_NamesTheParameter()
    {
        var exception = Fail(
            new NumericsModule { Optimizer = module => optim.SGD(module.parameters(), 3e38), Change = (_, loss, _) => loss * 1e30f });

        Assert.StartsWith("The parameter '", exception.Message);
        Assert.EndsWith(
            "All gradients were finite, so the optimizer made it: lower the learning rate, or raise its eps.", exception.Message);
    }

    [TestMethod]
    [DataRow(1.0, DisplayName = "clipped")]
    [DataRow(null, DisplayName = "not clipped")]
    public void Fit_InfiniteGradientOfAFusedOptimizer_NamesItBeforeTheStep(double? clipNorm)
    {
        byte[]? before = null;
        var exception = Fail(
            new NumericsModule
            {
                Optimizer = module => new FusedAdamW(module.parameters()),
                Change = (module, loss, index) =>
                {
                    before = module.Bits();
                    return index == 2 ? loss + ((module.First.weight! - module.First.weight!.detach()) * 1e30f).sum() * 1e30f : loss;
                },
            },
            clipNorm,
            module => Assert.AreSequenceEqual(before!, module.Bits(), "the parameters of the step before"));

        Assert.AreEqual("_first.weight", exception.Tensor);
        Assert.Contains("The gradient of '_first.weight' of the module '_first' is ", exception.Message);
        Assert.Contains("at step 2 (epoch 1, batch 3).", exception.Message);
    }

    [TestMethod]
    public void Fit_NaNGradientAndModuleThatClipsInPlace_NamesTheGradient() =>
        AssertNamesTheSecond(new ClippingModule());

    [TestMethod]
    public void Fit_NaNGradientThatTheFusedStepCannotClip_NamesTheGradient() => AssertNamesTheSecond(new NumericsModule
    {
        Optimizer = module =>
        {
            // As on a device other than the CPU: the gradients are clipped in place.
            var optimizer = new FusedAdamW(module.parameters());
            ((IFusedOptimizer)optimizer).Stepper.PrefersOperators = true;
            return optimizer;
        },
        Change = (module, loss, _) => loss + NaNGradient(module.Second.weight!),
    });

    [TestMethod]
    public void Fit_GradientOutsideOfTheFusedOptimizer_IsCheckedToo()
    {
        var exception = Fail(
            new NumericsModule
            {
                Optimizer = module => new FusedSgd(module.parameters().Skip(1), 0.01),
                Change = (module, loss, _) => loss + ((module.First.weight! - module.First.weight!.detach()) * 1e30f).sum() * 1e30f,
            },
            clipNorm: 1);

        Assert.AreEqual("_first.weight", exception.Tensor);
    }

    [TestMethod]
    public void Fit_FusedStepThatLeavesWhatIsFinite_NamesTheParameter()
    {
        var exception = Fail(
            new NumericsModule { Optimizer = module => new FusedSgd(module.parameters(), 3e38), Change = (_, loss, _) => loss * 1e30f });

        Assert.StartsWith("The parameter '", exception.Message);
    }

    [TestMethod]
    public void Fit_FiniteRun_IsTheSameWithAndWithoutLooking()
    {
        Trainer.SeedEverything(5);
        using var with = Run(new NumericsModule(), detect: true, seed: 3);
        Trainer.SeedEverything(5);
        using var without = Run(new NumericsModule(), detect: false, seed: 3);

        Assert.AreSequenceEqual(without.Bits(), with.Bits());
    }

    /// <summary>Adds infinity and its negative to a gradient, which no function of the backward pass returns as NaN.</summary>
    private static Tensor NaNGradient(Tensor parameter)
    {
        return Infinite() - Infinite();

        Tensor Infinite() => ((parameter - parameter.detach()) * 1e30f).sum() * 1e30f;
    }

    private static void AssertNamesTheSecond(TrainingModule<(Tensor Inputs, Tensor Labels)> module)
    {
        var exception = Fail(module, clipNorm: 1);
        Assert.AreEqual("_second.weight", exception.Tensor);
        Assert.Contains("The gradient of '_second.weight'", exception.Message);
    }

    private static NonFiniteValueException Fail<TModule>(TModule module, double? clipNorm = null, Action<TModule>? check = null)
        where TModule : TrainingModule<(Tensor Inputs, Tensor Labels)>
    {
        using (module)
        {
            var exception = Assert.ThrowsExactly<NonFiniteValueException>(() => Run(module, detect: true, seed: null, clipNorm));
            check?.Invoke(module);
            return exception;
        }
    }

    private static TModule Run<TModule>(TModule module, bool detect, long? seed, double? clipNorm = null)
        where TModule : TrainingModule<(Tensor Inputs, Tensor Labels)>
    {
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var trainer = new Trainer(
            strategy,
            new TrainerOptions
            {
                DetectAnomaly = detect,
                Seed = seed,
                MaxEpochs = 1,
                EnableCheckpointing = false,
                GradientClipNorm = clipNorm,
            });
        trainer.Fit(module, NumericsModule.Batches().ToSource());
        return module;
    }

    private sealed class ClippingModule : TrainingModule<(Tensor Inputs, Tensor Labels)>
    {
        private readonly Linear _first = nn.Linear(4, 8);
        private readonly Linear _second = nn.Linear(8, 3);

        public ClippingModule()
            : base(nameof(ClippingModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => new FusedAdamW(parameters());

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Labels) batch, int batchIndex) =>
            nn.functional.cross_entropy(_second.call(_first.call(batch.Inputs)), batch.Labels) + NaNGradient(_second.weight!);

        public override void ConfigureGradientClipping(ConfigureGradientClippingArguments arguments) =>
            nn.utils.clip_grad_norm_(parameters(), arguments.Norm!.Value);
    }
}
