namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
public sealed class PrecisionTests
{
    [TestMethod]
    [DataRow(Precision.Float32)]
    [DataRow(Precision.Float64)]
    [DataRow(Precision.BFloat16)]
    [DataRow(Precision.MixedBFloat16)]
    public void Fit_StoppedAndResumed_EqualsARunNeverStoppedBitForBit(Precision precision)
    {
        RequireAutocast(precision);
        var type = precision.ElementType();
        using var whole = Run(precision, new InMemoryCheckpointIO(), stopAfter: null, resume: false);
        var storage = new InMemoryCheckpointIO();
        using var stopped = Run(precision, storage, stopAfter: 4, resume: false);
        using var resumed = Run(precision, storage, stopAfter: null, resume: true);

        Assert.IsTrue(whole.InputTypes.TrueForAll(each => each == type));
        Assert.AreEqual(type, whole.First.weight!.dtype);
        Assert.AreSequenceEqual(whole.Bits(), resumed.Bits());
        Assert.AreNotSequenceEqual(stopped.Bits(), resumed.Bits());
        using var state = storage.LoadCheckpointAsync("stopped", null, CancellationToken.None).GetAwaiter().GetResult();
        Assert.AreEqual(type, state.Find("state_dict._first.weight")!.AsTensor().Type);
        Assert.AreEqual(type, ((StateMap)state["optimizer_states"].AsList()[0].AsMap()["state"].AsMap()[0L])["exp_avg"].AsTensor().Type);
    }

    [TestMethod]
    [DataRow(Precision.MixedFloat16)]
    public void Constructor_MixedPrecision_IsRefusedAndSaysWhatToUse(Precision precision)
    {
        var exception = Assert.ThrowsExactly<NotSupportedException>(() => new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { Precision = precision, EnableCheckpointing = false }));

        Assert.AreEqual(
            $"TrainerOptions.Precision is {precision}, and SingleDeviceStrategy does not support it: TorchSharp cannot "
                + "scale losses. Use BFloat16 for half the memory, or Float32; a model may also convert tensors in its forward.",
            exception.Message);
    }

    [TestMethod]
    [DataRow(true, "it does not turn on autocast")]
    [DataRow(false, "the running libtorch does not export its autocast functions (those for Linux do)")]
    public void Unsupported_MixedBFloat16_StatesTheReason(bool hasAutocast, string reason) => Assert.StartsWith(
        $"TrainerOptions.Precision is MixedBFloat16, and SingleDeviceStrategy does not support it: {reason}. Use BFloat16",
        PrecisionMessages.Unsupported(Precision.MixedBFloat16, typeof(SingleDeviceStrategy), hasAutocast));

    [TestMethod]
    public void Supports_MixedBFloat16_IfLibtorchHasAutocast()
    {
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());

        Assert.AreEqual(Autocast.IsAvailable, strategy.Supports(Precision.MixedBFloat16));
    }

    [TestMethod]
    public void Fit_MixedBFloat16WithAFusedOptimizer_StepsMastersInFloat32()
    {
        RequireAutocast(Precision.MixedBFloat16);
        Trainer.SeedEverything(11);
        var storage = new InMemoryCheckpointIO();
        using var module = new NumericsModule { Optimizer = self => new FusedAdam(self.parameters(), 1e-6) };
        using var strategy = new SingleDeviceStrategy(storage);
        using var trainer = new Trainer(
            strategy, new TrainerOptions { Precision = Precision.MixedBFloat16, MaxEpochs = 1 }, [new StopAndSave(4)]);
        using var before = module.First.weight!.detach().clone();

        trainer.Fit(module, NumericsModule.Batches().ToSource());

        // Steps of a millionth are too small for the eight bits of bfloat16: it would lose them.
        using var scope = NewDisposeScope();
        var difference = (module.First.weight!.detach() - before).abs();
        Assert.IsTrue(difference.max().item<float>() is > 0 and < 1e-5f);
        var rounded = module.First.weight!.detach().to_type(ScalarType.BFloat16).to_type(ScalarType.Float32);
        Assert.IsGreaterThan(0, (rounded - module.First.weight!.detach()).abs().max().item<float>(), "they have more digits than bfloat16");
        using var state = storage.LoadCheckpointAsync("stopped", null, CancellationToken.None).GetAwaiter().GetResult();
        Assert.AreEqual(ScalarType.Float32, state.Find("state_dict._first.weight")!.AsTensor().Type);
    }

    [TestMethod]
    public void Fit_ResumedInAnotherPrecision_IsRefusedBeforeAnythingChanges()
    {
        var storage = new InMemoryCheckpointIO();
        Run(Precision.BFloat16, storage, stopAfter: 2, resume: false).Dispose();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => Run(Precision.Float32, storage, stopAfter: null, resume: true));

        Assert.AreEqual(
            "The checkpoint 'stopped' does not fit this training. It was trained with Precision BFloat16 and TrainerOptions.Precision is "
                + "Float32. Use the same precision, or load only the weights.",
            exception.Message);
    }

    [TestMethod]
    public void Validate_InAPrecision_ConvertsModuleAndBatches()
    {
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = new NumericsModule();
        using var trainer = new Trainer(strategy, new TrainerOptions { Precision = Precision.Float64, EnableCheckpointing = false });

        trainer.Validate(module, NumericsModule.Batches(1));

        Assert.AreEqual(ScalarType.Float64, module.First.weight!.dtype);
    }

    [TestMethod]
    public void Fit_MixedBFloat16_ComputesInItWithinStepsOnly()
    {
        RequireAutocast(Precision.MixedBFloat16);
        List<ScalarType> within = [], outside = [];
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = new NumericsModule
        {
            Change = (self, loss, _) =>
            {
                within.Add(self.First.call(ones(1, 4)).dtype);
                return loss;
            },
        };
        var hook = new LambdaCallback().On<OnBeforeBackwardArguments>(_ => outside.Add(module.First.call(ones(1, 4)).dtype));
        using var trainer = new Trainer(
            strategy, new TrainerOptions { Precision = Precision.MixedBFloat16, MaxEpochs = 1, EnableCheckpointing = false }, [hook]);

        trainer.Fit(module, NumericsModule.Batches(2).ToSource());

        Assert.AreSequenceEqual([ScalarType.BFloat16, ScalarType.BFloat16], within);
        Assert.AreSequenceEqual([ScalarType.Float32, ScalarType.Float32], outside);
        using var scope = NewDisposeScope();
        Assert.AreEqual(ScalarType.Float32, ones(2, 2).mm(ones(2, 2)).dtype, "it is off after the run");
    }

    [TestMethod]
    public void For_Nested_RestoresWhatWasBefore()
    {
        RequireAutocast(Precision.MixedBFloat16);
        using var scope = NewDisposeScope();
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = nn.Linear(2, 2);
        strategy.SetUp(module, Precision.MixedBFloat16);
        using (Autocast.For(strategy))
        {
            using (Autocast.For(strategy))
            {
                Assert.AreEqual(ScalarType.BFloat16, module.call(ones(1, 2)).dtype);
            }

            Assert.AreEqual(ScalarType.BFloat16, module.call(ones(1, 2)).dtype, "the inner one restores what was");
        }

        Assert.AreEqual(ScalarType.Float32, module.call(ones(1, 2)).dtype);
    }

    private static void RequireAutocast(Precision precision)
    {
        if (precision == Precision.MixedBFloat16 && !Autocast.IsAvailable)
        {
            Assert.IsFalse(OperatingSystem.IsLinux(), "The libtorch of TorchSharp for Linux exports autocast.");
            Assert.Inconclusive("This libtorch does not export autocast.");
        }
    }

    private static NumericsModule Run(Precision precision, InMemoryCheckpointIO storage, int? stopAfter, bool resume)
    {
        Trainer.SeedEverything(11);
        var module = new NumericsModule();
        using var strategy = new SingleDeviceStrategy(storage);
        var saving = new StopAndSave(stopAfter);
        using var trainer = new Trainer(strategy, new TrainerOptions { Precision = precision, MaxEpochs = 2 }, [saving]);
        trainer.Fit(module, NumericsModule.Batches().ToSource(), checkpointPath: resume ? "stopped" : null);
        return module;
    }
}
