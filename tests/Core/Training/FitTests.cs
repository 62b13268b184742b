namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class FitTests
{
    [TestMethod]
    [DataRow(3, null, 8, 24L, 3)]
    [DataRow(3, 5L, 8, 5L, 0)]
    [DataRow(null, 20L, 8, 20L, 2)]
    [DataRow(0, null, 8, 0L, 0)]
    public void Fit_Limits_EndWhereTheFirstIsReached(int? maxEpochs, long? maxSteps, int batches, long steps, int epochs)
    {
        using var module = new SmallModule();
        var trainer = Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxEpochs = maxEpochs, MaxSteps = maxSteps });

        var result = trainer.Fit(module, new SmallData(batches));

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.AreEqual(epochs, result.EpochsCompleted);
    }

    [TestMethod]
    [DataRow(3, null, 8, 1, 24L)]
    [DataRow(3, null, 8, 3, 9L, DisplayName = "the rest of an epoch is a step")]
    [DataRow(3, 5L, 8, 1, 5L)]
    [DataRow(3, 50L, 8, 1, 24L)]
    [DataRow(null, 20L, 8, 1, 20L)]
    public void EstimatedSteppingBatches_WhenOptimizersAreMade_IsTheNumberOfStepsOfTheFit(
        int? maxEpochs, long? maxSteps, int batches, int accumulate, long steps)
    {
        long? estimated = null;
        using var module = new SmallModule
        {
            Setup = module =>
            {
                estimated = module.Trainer.EstimatedSteppingBatches;
                return optim.SGD(module.parameters(), 0.01);
            },
        };
        var trainer = Make(
            new InMemoryCheckpointIO(),
            new TrainerOptions { MaxEpochs = maxEpochs, MaxSteps = maxSteps, AccumulateGradBatches = accumulate });

        var result = trainer.Fit(module, new SmallData(batches));

        Assert.AreEqual(steps, estimated);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.IsNull(trainer.EstimatedSteppingBatches, "nothing is under way");
    }

    [TestMethod]
    public void EstimatedSteppingBatches_LengthOfAnEpochIsNotKnown_IsWhatMaxStepsSays()
    {
        List<long?> estimated = [];
        using var module = new SmallModule
        {
            Setup = module =>
            {
                estimated.Add(module.Trainer.EstimatedSteppingBatches);
                return optim.SGD(module.parameters(), 0.01);
            },
        };

        Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxEpochs = 1 }).Fit(module, new SmallData(2).Where(_ => true));
        Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxEpochs = 1, MaxSteps = 7 }).Fit(module, new SmallData(2).Where(_ => true));

        Assert.AreSequenceEqual([null, 7], estimated);
    }

    [TestMethod]
    public void Fit_ManySteps_LowersTheLoss()
    {
        manual_seed(1);
        using var module = new SmallModule();

        var trainer = Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxEpochs = 40 });
        var before = trainer.Validate(module, new SmallData(4))["val_loss"];

        trainer.Fit(module, new SmallData(8));

        Assert.IsLessThan(before / 3, trainer.Validate(module, new SmallData(4))["val_loss"]);
    }

    [TestMethod]
    public void Fit_AccumulatedBatches_StepOnceAWindowAndForTheRest()
    {
        using var module = new SmallModule();
        using var storage = new FenceProbe();

        var result = Make(storage, new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 3 }).Fit(module, new SmallData(8));

        Assert.AreEqual(3, result.GlobalStep);
        Assert.IsGreaterThanOrEqualTo(3, storage.Count, "every step passes the fence");
    }

    [TestMethod]
    public void Fit_Steps_LeaveNoLiveTensors()
    {
        using var module = new SmallModule();
        var counts = new List<long>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, ValidationInterval = 10 },
            [new CountingCallback(counts)]);

        LiveTensors.Count();
        trainer.Fit(module, new SmallData(60), new SmallData(2));

        Assert.HasCount(60, counts);
        Assert.AreEqual(counts[10], counts[^1], "tensors made in a step are gone before the next");
    }

    [TestMethod]
    public void Fit_TenThousandSteps_KeepTensorsAndMemoryFlat()
    {
        using var module = new SmallModule();
        var measured = new List<(long Tensors, long Bytes)>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 10, AccumulateGradBatches = 1 },
            [new MemoryCallback(measured)]);

        trainer.Fit(module, new SmallData(1000), new SmallData(1));

        Assert.AreEqual(10_000, trainer.GlobalStep);
        Assert.HasCount(10, measured);
        Assert.AreEqual(measured[1].Tensors, measured[^1].Tensors, "live tensors");
        Assert.IsLessThan(16L << 20, measured[^1].Bytes - measured[1].Bytes, "growth of the process over 8,000 steps");
    }

    [TestMethod]
    public void Fit_ValidationIntervalLongerThanAnEpoch_SaysThatThereWouldBeNone()
    {
        using var module = new SmallModule();
        var trainer = Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxEpochs = 1, ValidationInterval = 9 });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new SmallData(8), new SmallData(1)));

        Assert.StartsWith("ValidationInterval is 9 and an epoch has 8 batches", error.Message);
        Assert.AreEqual(8, trainer.Fit(module, new SmallData(8)).GlobalStep, "without validation data it does not matter");
    }

    [TestMethod]
    public void Fit_EmptyData_SaysSo()
    {
        using var module = new SmallModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make(new InMemoryCheckpointIO()).Fit(module, new SmallData(0)));

        Assert.StartsWith("The training data returned no batches.", error.Message);
    }

    [TestMethod]
    public async Task FitAsync_WhileRunning_RefusesASecondFitAndRunsOnItsOwnThread()
    {
        using var module = new SmallModule();
        using var other = new SmallModule();
        var caller = Environment.CurrentManagedThreadId;
        var thread = 0;
        Exception? refusal = null;
        Trainer? trainer = null;
        var hooks = new RecordingCallback([])
        {
            OnHook = hook =>
            {
                if (hook == nameof(Callback.OnTrainStart))
                {
                    thread = Environment.CurrentManagedThreadId;
                    refusal = Assert.ThrowsExactly<InvalidOperationException>(() => trainer!.Fit(other, new SmallData(1)));
                }
            },
        };
        trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1 }, [hooks]);

        await trainer.FitAsync(module, new SmallData(2));

        Assert.AreNotEqual(caller, thread);
        Assert.AreEqual("The trainer is already running. Wait for its run to end, or create a second trainer.", refusal!.Message);
        trainer.Fit(other, new SmallData(1));
    }

    [TestMethod]
    public void Fit_RequestStopInAHook_EndsAtTheStepBoundary()
    {
        using var module = new SmallModule();
        Trainer? trainer = null;
        var stop = new SavingCheckpoint
        {
            AtBatchEnd = _ =>
            {
                if (module.Losses.Count == 3)
                {
                    trainer!.RequestStop();
                }

                return false;
            },
        };
        trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 2 }, [stop]);

        var result = trainer.Fit(module, new SmallData(8));

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(3, result.GlobalStep);
    }

    [TestMethod]
    [DataRow(CheckpointFailurePolicy.FailAtEnd, 8)]
    [DataRow(CheckpointFailurePolicy.Stop, 2)]
    public void Fit_SaveFails_ThrowsByPolicyAndTellsCallbacks(CheckpointFailurePolicy policy, int batches)
    {
        using var module = new SmallModule();
        var storage = new FlakyCheckpointIO(
            new InMemoryCheckpointIO(), (path, _) => path == "batch2.ckpt" ? new IOException("no space left") : null);
        var saving = new SavingCheckpoint { AtBatchEnd = _ => true };

        var error = Assert.ThrowsExactly<CheckpointException>(() =>
            new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1, OnCheckpointFailure = policy }, [saving])
                .Fit(module, new SmallData(8)));

        Assert.AreEqual("Saving the checkpoint 'batch2.ckpt' failed: no space left", error.Message);
        Assert.HasCount(batches, module.Losses);
        Assert.AreSequenceEqual(new[] { "batch2.ckpt" }, saving.Dropped);
        Assert.HasCount(batches - 1, saving.Durable);
    }

    [TestMethod]
    public void Fit_EverySaveFails_NamesSomeOfThemAndHasTheFirstAsItsCause()
    {
        using var module = new SmallModule();
        var storage = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) => new IOException("no space left"));
        var saving = new SavingCheckpoint { AtBatchEnd = _ => true };

        var error = Assert.ThrowsExactly<CheckpointException>(() =>
            new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, [saving]).Fit(module, new SmallData(8)));

        Assert.StartsWith("8 checkpoints were not saved (batch1.ckpt, batch2.ckpt, ", error.Message);
        Assert.AreEqual("Saving the checkpoint 'batch1.ckpt' failed: no space left", error.InnerException!.Message);
        Assert.DoesNotContain("batch8.ckpt", error.ToString());
    }

    [TestMethod]
    public void Fit_SaveFailsAndPolicyIsContinue_SucceedsAndCountsIt()
    {
        using var module = new SmallModule();
        var storage = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) => new IOException("no space left"));
        var saving = new SavingCheckpoint { AtBatchEnd = _ => true };

        var result = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 1, OnCheckpointFailure = CheckpointFailurePolicy.Continue },
            [saving]).Fit(module, new SmallData(4));

        Assert.AreEqual(4, result.Checkpoints.Failed);
        Assert.AreEqual(0, result.Checkpoints.Durable);
    }

    [TestMethod]
    public void D12_TrainingThrowsAndSavesFailToo_TheOriginalExceptionReachesTheCaller()
    {
        var hooks = new List<string>();
        using var module = new SmallModule();
        var storage = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) => new IOException("no space left"));
        var saving = new SavingCheckpoint
        {
            AtBatchEnd = _ => module.Losses.Count == 3 ? throw new InvalidDataException("the data is bad") : true,
            OnInterruption = true,
        };
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, [new RecordingCallback(hooks), saving]);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, new SmallData(8)));

        Assert.AreEqual("the data is bad", error.Message);
        Assert.AreSequenceEqual(new[] { "callback.OnException(the data is bad)", "callback.TearDown(Fit)" }, hooks.TakeLast(2));
    }

    [TestMethod]
    public void Fit_Cancelled_StopsAtTheBoundaryAndSaysSo()
    {
        var hooks = new List<string>();
        using var module = new SmallModule();
        using var interruption = new Interruption(2);
        var storage = new InMemoryCheckpointIO();
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, [new RecordingCallback(hooks), interruption.Saving]);

        var result = trainer.Fit(module, new SmallData(8), cancellationToken: interruption.Token);

        Assert.AreEqual(FitStatus.Cancelled, result.Status);
        Assert.AreEqual(2, result.GlobalStep);
        Assert.AreSequenceEqual(new[] { "stopped.ckpt" }, storage.Paths);
        Assert.AreSequenceEqual(
            new[] { "callback.OnException(interruption)", "callback.OnFitEnd", "callback.TearDown(Fit)" }, hooks.TakeLast(3));
    }

    [TestMethod]
    public void Validate_FrozenPartInEvaluationMode_KeepsItsMode()
    {
        using var module = new SmallModule();
        module.train();
        var frozen = module.modules().OfType<TorchSharp.Modules.BatchNorm1d>().Single();
        frozen.eval();

        var metrics = Make(new InMemoryCheckpointIO()).Validate(module, new SmallData(2));

        Assert.IsTrue(metrics.ContainsKey("val_loss"));
        Assert.IsFalse(frozen.training);
        Assert.IsTrue(module.training);
        Assert.IsTrue(module.modules().OfType<TorchSharp.Modules.Dropout>().Single().training);
    }

    private static Trainer Make(CheckpointIO storage, TrainerOptions? options = null) =>
        new(new SingleDeviceStrategy(storage), options);

    private sealed class MemoryCallback(List<(long Tensors, long Bytes)> measured) : Callback
    {
        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) =>
            measured.Add((LiveTensors.Count(), Environment.WorkingSet));
    }

    private sealed class CountingCallback(List<long> counts) : Callback
    {
        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => counts.Add(Tensor.TotalCount);
    }
}
