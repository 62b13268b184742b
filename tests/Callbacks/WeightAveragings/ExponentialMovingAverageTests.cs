using Fulgurite.Tests.Core.Doubles;

namespace Fulgurite.Tests.Callbacks.WeightAveragings;

[TestClass]
public sealed class ExponentialMovingAverageTests : IAsyncDisposable
{
    private const double Decay = 0.8;
    private const string Weight = "backbone.first.weight";

    private readonly HeldCheckpointIO _storage = new() { Open = true };

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [TestMethod]
    public void Fit_EveryStep_AveragesAsTheFormulaSays()
    {
        var expected = new List<float[]>();
        var steps = new List<float[]>();
        float[] average = [];
        var watching = new SavingCallback
        {
            AtBatchEnd = trainer =>
            {
                var weight = Current(trainer);
                steps.Add(weight);
                average = average.Length == 0
                    ? weight
                    : [.. average.Zip(weight, (old, fresh) => (float)((float)(old * Decay) + (fresh * (1 - Decay))))];
                expected.Add(average);
                return true;
            },
        };

        using var module = new AveragingRun { Storage = _storage, Averaging = Ema, Epochs = 1, Saving = watching }.Fit();

        Assert.HasCount(5, expected);
        for (var step = 1; step <= 5; step++)
        {
            AssertClose(expected[step - 1], _storage.Values($"step{step}.ckpt", $"state_dict.{Weight}"));
            Assert.AreSequenceEqual(
                steps[step - 1],
                _storage.Values($"step{step}.ckpt", $"callbacks.{typeof(ExponentialMovingAverage).FullName}.current.{Weight}"));
        }

        AssertClose(expected[4], module.Values(Weight), "the module ends with the average");
    }

    [TestMethod]
    public void Fit_Validation_SeesTheAverageAndTrainingGoesOnWithItsOwn()
    {
        var seen = new List<float[]>();
        NormModule? trained = null;
        var watching = new LambdaCallback()
            .On<OnValidationBatchStartArguments>(arguments => seen.Add(((NormModule)arguments.Module).Values(Weight)));
        var afterwards = new List<bool>();
        manual_seed(31);
        using var module = new NormModule();
        trained = module;
        var averaging = Ema();
        var saving = new SavingCallback { AtValidationEnd = _ => true };
        var check = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => afterwards.Add(averaging.IsSwapped));

        new Trainer(new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 3 }, [averaging, watching, check, saving])
            .Fit(module, new NumberedData(5), new NumberedData(2));

        Assert.HasCount(6, seen);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var path = $"step{5 * (epoch + 1)}.ckpt";
            Assert.AreSequenceEqual(_storage.Values(path, $"state_dict.{Weight}"), seen[2 * epoch]);
            Assert.AreNotEqual(
                _storage.Values(path, $"state_dict.{Weight}")[0],
                _storage.Values(path, $"callbacks.{averaging.StateKey}.current.{Weight}")[0]);
        }

        Assert.IsFalse(afterwards.Any(swapped => swapped));
        Assert.AreSequenceEqual(_storage.Values("final.ckpt", $"state_dict.{Weight}"), trained.Values(Weight));
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM1")]
    [DataRow(1, false)]
    [DataRow(6, true)]
    [DataRow(13, false)]
    [DataRow(15, true)]
    [DataRow(20, false)]
    [DataRow(26, true)]
    public void Fit_StoppedOrCrashedAndResumed_EqualsARunNeverStopped(int stopAfter, bool crash)
    {
        foreach (var (interval, accumulate) in new (int?, int)[] { (null, 1), (2, 2) })
        {
            var (whole, parts) = (new HeldCheckpointIO { Open = true }, new HeldCheckpointIO { Open = true });
            using var first = Run(whole).Fit();
            using var second = Run(parts, stopAfter, crash).Fit();
            using var third = Run(parts, resume: "stopped.ckpt").Fit();

            AveragingRun Run(HeldCheckpointIO storage, int? stopAfter = null, bool crash = false, string? resume = null) => new()
            {
                Storage = storage,
                Averaging = Ema,
                ValidationInterval = interval,
                Accumulate = accumulate,
                WithScheduler = true,
                StopAfter = stopAfter,
                Fail = crash,
                Resume = resume,
            };

            Assert.AreSequenceEqual(first.Losses, second.Losses.Concat(third.Losses));
            Assert.AreSequenceEqual(first.ValidationLosses, second.ValidationLosses.Concat(third.ValidationLosses));
            Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), parts.Tensors("final.ckpt"));
            Assert.AreSequenceEqual(first.Values(Weight), third.Values(Weight));
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM1")]
    public void Fit_ResumedFromTheFileOfTheEnd_EqualsALongerRun()
    {
        var whole = new HeldCheckpointIO { Open = true };
        using var first = new AveragingRun { Storage = whole, Averaging = Ema }.Fit();
        using var second = new AveragingRun { Storage = _storage, Averaging = Ema, Epochs = 3 }.Fit();

        using var third = new AveragingRun { Storage = _storage, Averaging = Ema, Resume = "final.ckpt" }.Fit();

        Assert.AreSequenceEqual(first.Losses, second.Losses.Concat(third.Losses));
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), _storage.Tensors("final.ckpt"));
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM1")]
    public void Fit_SaveWhileAveragesAreInTheModule_ResumesExactly()
    {
        // Another callback saves before the averaging one has put the weights back.
        var whole = new HeldCheckpointIO { Open = true };
        using var first = new AveragingRun { Storage = whole, Averaging = Ema }.Fit();
        var saved = string.Empty;
        var early = new LambdaCallback()
            .On<OnValidationEpochEndArguments>(arguments =>
            {
                if (arguments.Trainer.CurrentEpoch == 2)
                {
                    saved = "within.ckpt";
                    arguments.Trainer.SaveCheckpoint(saved);
                }
            });
        manual_seed(31);
        using (var module = new NormModule())
        {
            manual_seed(32);
            new Trainer(
                new SingleDeviceStrategy(_storage),
                new TrainerOptions { MaxEpochs = 4 },
                [Ema(), early]).Fit(module, new NumberedData(5), new NumberedData(2));
        }

        Assert.AreEqual("within.ckpt", saved);
        using var third = new AveragingRun { Storage = _storage, Averaging = Ema, Resume = "within.ckpt" }.Fit();

        Assert.AreSequenceEqual(first.Losses.Skip(15), third.Losses);
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), _storage.Tensors("final.ckpt"));
    }

    [TestMethod]
    [TestProperty("Behaviour", "EM1")]
    public void Fit_WeightsOnlyFile_HoldsTheAverageAndLoadsBack()
    {
        using var module = new AveragingRun
        {
            Storage = _storage,
            Averaging = Ema,
            Saving = new SavingCallback { WeightsOnly = true },
        }.Fit();
        using var state = _storage.Read("final.ckpt");
        Assert.IsFalse(state.Root.ContainsKey("callbacks"));

        using var other = new NormModule();
        var trainer = new Trainer(new SingleDeviceStrategy(_storage));
        var loss = trainer.Validate(other, new NumberedData(2), "final.ckpt")["val_loss"];

        Assert.AreSequenceEqual(module.Values(Weight), other.Values(Weight));
        Assert.AreSequenceEqual(module.Values("backbone.norm.running_mean"), other.Values("backbone.norm.running_mean"));
        Assert.AreEqual(module.ValidationLosses.TakeLast(2).Average(), loss, 1e-6, "the last validation saw these weights");
    }

    [TestMethod]
    public void Fit_EveryUpdateAndSwap_PassesTheFence()
    {
        var storage = new FencedCheckpointIO();
        manual_seed(31);
        using var module = new NormModule();
        var saving = new SavingCallback { AtBatchEnd = _ => true, AtValidationEnd = _ => true, AtEpochEnd = _ => true };

        new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 3, ValidationInterval = 2 }, [Ema(), saving])
            .Fit(module, new NumberedData(5), new NumberedData(2));

        Assert.IsGreaterThan(15, storage.Checked);
        Assert.IsEmpty(storage.Torn, "a tensor that promised to stay changed before the fence");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_RunGoesBackToASnapshot_TheAverageDoesToo(bool rollbackFirst)
    {
        var (bad, storage) = (new HeldCheckpointIO { Open = true }, new HeldCheckpointIO { Open = true });

        var count = FitWithRollback(bad, rollbackFirst, badBatch: 5);
        FitWithRollback(storage, rollbackFirst, badBatch: null);

        Assert.AreEqual(1, count);
        Assert.AreSequenceEqual(
            storage.Tensors("final.ckpt").Where(IsWeight),
            bad.Tensors("final.ckpt").Where(IsWeight),
            "as if the batches that are left out had not been");
        static bool IsWeight(string line) =>
            line.StartsWith("state_dict", StringComparison.Ordinal) || line.Contains(".current.", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Fit_StartAndInterval_AreKept()
    {
        var averaging = new ExponentialMovingAverage(
            new ExponentialMovingAverageOptions { StartStep = 4, UpdateEveryNSteps = 3, Decay = 0 });
        var counts = new List<long>();
        manual_seed(31);
        using var module = new NormModule();
        var saving = new SavingCallback
        {
            AtBatchEnd = _ =>
            {
                counts.Add(averaging.AveragedCount);
                return true;
            },
        };

        new Trainer(
            new SingleDeviceStrategy(_storage), new TrainerOptions { MaxEpochs = 2 }, [averaging, saving]).Fit(module, new NumberedData(5));

        Assert.AreSequenceEqual<long>([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], counts);
    }

    [TestMethod]
    public void Fit_Ends_LeavesNoTensorBehind()
    {
        var left = LiveTensors.LeftBy(
            () => new AveragingRun { Storage = new HeldCheckpointIO(), Averaging = Ema, Epochs = 2 }.Fit().Dispose(),
            () => new NormModule().Dispose());

        Assert.AreEqual(0, left);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<ExponentialMovingAverage>(options => options.Decay = 0.5));

        Assert.AreEqual(0.5, trainer.Callbacks.OfType<ExponentialMovingAverage>().Single().Options.Decay);
    }

    private static int FitWithRollback(HeldCheckpointIO storage, bool rollbackFirst, int? badBatch)
    {
        manual_seed(31);
        using var module = new NormModule();
        manual_seed(32);
        var data = new NumberedData(8).Select(batch => batch.DetachFromDisposeScope()).ToList();
        if (badBatch is { } index)
        {
            data.Insert(index, full([4, 3], float.NaN).DetachFromDisposeScope());
        }
        else
        {
            // No good loss has followed the batch before the bad one, so it is left out with it.
            data[4].Dispose();
            data.RemoveAt(4);
        }

        var rollback = new Rollback(new RollbackOptions { EveryNSteps = 1 });
        Callback[] callbacks = rollbackFirst ? [rollback, Ema(), new SavingCallback()] : [Ema(), rollback, new SavingCallback()];
        new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, callbacks).Fit(module, data);
        data.ForEach(batch => batch.Dispose());
        return rollback.Count;
    }

    private static ExponentialMovingAverage Ema() => new(new ExponentialMovingAverageOptions { Decay = Decay });

    private static float[] Current(Trainer trainer)
    {
        using var state = trainer.CaptureState();
        return States.Values(state.Find($"callbacks.{typeof(ExponentialMovingAverage).FullName}.current.{Weight}")!.AsTensor());
    }

    private static void AssertClose(float[] expected, float[] actual, string message = "")
    {
        Assert.HasCount(expected.Length, actual);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.AreEqual(expected[index], actual[index], 1e-6f, message);
        }
    }
}
