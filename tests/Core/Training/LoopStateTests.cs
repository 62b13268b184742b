namespace Fulgurite.Tests.Core.Training;

/// <summary>The loop position in a checkpoint, and its restore.</summary>
[TestClass]
public sealed class LoopStateTests
{
    [TestMethod]
    [TestProperty("Behaviour", "LP2")]
    public void CaptureState_BeforeTheFirstBatch_CountsNothing()
    {
        StateMap? progress = null;

        var reading = new LambdaCallback().On<OnTrainStartArguments>(arguments => progress = Progress(arguments.Trainer));
        Fit(new InMemoryCheckpointIO(), 1, reading);

        var expected = new StateMap
        {
            ["epochs"] = 0,
            ["batches"] = 0,
            ["total_batches"] = 0,
            ["global_step"] = 0,
            ["accumulated"] = 0,
            ["rest_skipped"] = false,
            ["phase"] = "Start",
        };
        StateAssert.HaveSameValues(new TrainingState(expected), new TrainingState(progress!));
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP1")]
    [TestProperty("Behaviour", "LP9")]
    [DataRow("batch", 1, 0, 1, "TrainBatchEnd")]
    [DataRow("epoch", 3, 1, 0, "TrainEpochEnd")]
    public void Fit_Resumed_BeginsWithTheCountersOfTheFile(string moment, int steps, int epochs, int batches, string phase)
    {
        var storage = new InMemoryCheckpointIO();
        void Save(Trainer trainer)
        {
            if (trainer.GlobalStep == steps)
            {
                trainer.SaveCheckpoint("file.ckpt");
            }
        }

        var saving = moment == "batch"
            ? new LambdaCallback().On<OnTrainBatchEndArguments>(arguments => Save(arguments.Trainer))
            : new LambdaCallback().On<OnTrainEpochEndArguments>(arguments => Save(arguments.Trainer));
        Fit(storage, 2, saving);
        StateMap? progress = null;
        Fit(storage, 2, new LambdaCallback().On<OnTrainStartArguments>(arguments => progress = Progress(arguments.Trainer)), "file.ckpt");

        var saved = storage["file.ckpt"].Find("fulgurite.progress")!.AsMap();
        Assert.AreEqual(epochs, saved["epochs"].AsInteger());
        Assert.AreEqual(batches, saved["batches"].AsInteger(), "those of the epoch under way");
        Assert.AreEqual(phase, saved["phase"].AsText());
        StateAssert.HaveSameValues(new TrainingState(saved), new TrainingState(progress!));
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP6")]
    [TestProperty("Behaviour", "LP14")]
    [DataRow(0)]
    [DataRow(1)]
    public void Fit_ValidationFails_CountsTheBatchBeforeItAndRepeatsTheValidationAlone(int batch)
    {
        var whole = Fit(new InMemoryCheckpointIO(), 2);
        var storage = new InMemoryCheckpointIO();
        var losses = new List<double>();
        var failing = new LambdaCallback()
            .On<OnValidationBatchStartArguments>(arguments =>
            {
                if (arguments.BatchIndex == batch)
                {
                    throw new InvalidDataException("not now");
                }
            });

        Assert.ThrowsExactly<InvalidDataException>(() => Fit(storage, 2, failing, losses: losses));
        var progress = storage["stopped.ckpt"].Find("fulgurite.progress")!.AsMap();
        var rest = Fit(storage, 2, resume: "stopped.ckpt");

        Assert.AreEqual(3, progress["batches"].AsInteger());
        Assert.AreEqual(3, progress["global_step"].AsInteger());
        Assert.AreEqual("TrainBatchEnd", progress["phase"].AsText(), "the validation has not been");
        Assert.AreSequenceEqual(whole.Losses, losses.Concat(rest.Losses));
        Assert.AreEqual(whole.Result.Metrics["val_loss"], rest.Result.Metrics["val_loss"]);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS1")]
    [TestProperty("Behaviour", "RS3")]
    public void Fit_InEveryHook_ModuleAndTrainerCountAlike()
    {
        var storage = new InMemoryCheckpointIO();
        Fit(storage, 1, SavesAtTheEnd());
        var seen = new List<(long, int)>();
        SmallModule? module = null;
        Trainer? trainer = null;
        var watching = new RecordingCallback([])
        {
            OnHook = hook =>
            {
                if (hook != "SetUp(Fit)" && trainer is not null)
                {
                    Assert.AreEqual(trainer.GlobalStep, module!.GlobalStep, hook);
                    Assert.AreEqual(trainer.CurrentEpoch, module.CurrentEpoch, hook);
                    if (hook == "OnTrainStart")
                    {
                        seen.Add((module.GlobalStep, module.CurrentEpoch));
                    }
                }
            },
        };
        using var made = module = new SmallModule();
        trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [watching]);

        trainer.Fit(module, new SmallData(3), new SmallData(2), "end.ckpt");

        Assert.AreSequenceEqual([(3L, 1)], seen, "restored before training begins");
        Assert.AreEqual(1, storage["end.ckpt"]["epoch"].AsInteger(), "all epochs of the run that saved it");
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS2")]
    [TestProperty("Behaviour", "CC6")]
    public void Evaluate_OfACheckpoint_LeavesTheCountersOfFitsAlone()
    {
        var storage = new InMemoryCheckpointIO();
        Fit(storage, 1, SavesAtTheEnd());
        using var module = new SmallModule();
        var trainer = new Trainer(new SingleDeviceStrategy(storage));

        trainer.Validate(module, new SmallData(1), "end.ckpt");

        Assert.AreEqual((0L, 0), (trainer.GlobalStep, trainer.CurrentEpoch));
        var saved = new float[32];
        storage["end.ckpt"].Find("state_dict._first.weight")!.AsTensor().CopyTo(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(saved.AsSpan()));
        Assert.AreSequenceEqual(saved, module.state_dict()["_first.weight"].data<float>().ToArray());
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS5")]
    [TestProperty("Behaviour", "TR7")]
    [DataRow("nowhere.ckpt")]
    [DataRow("last")]
    public void Fit_CheckpointThatIsNotThere_IsAnErrorAndTrainsNothing(string path)
    {
        var losses = new List<double>();

        var error = Assert.ThrowsExactly<CheckpointNotFoundException>(
            () => Fit(new InMemoryCheckpointIO(), 1, resume: path, losses: losses));

        Assert.AreEqual(path, error.Path);
        Assert.IsEmpty(losses);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS8")]
    [TestProperty("Behaviour", "RS10")]
    public void LoadFromCheckpoint_ATrainedModule_PredictsTheSame()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [SavesAtTheEnd()]);
        trainer.Fit(module, new SmallData(3));

        using var loaded = trainer.LoadFromCheckpoint("end.ckpt", _ => new SmallModule());

        Assert.AreSequenceEqual(Predict(trainer, module), Predict(trainer, loaded));
        Assert.IsGreaterThan(1, Predict(trainer, loaded).Distinct().Count());
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR3")]
    [TestProperty("Behaviour", "HK2")]
    [TestProperty("Behaviour", "HK3")]
    [DataRow(2, null, 6L)]
    [DataRow(null, 5L, 5L)]
    public void Fit_Resumed_AddsToTheStepsAndLoadsOnceInThisOrder(int? maxEpochs, long? maxSteps, long steps)
    {
        var storage = new InMemoryCheckpointIO();
        Fit(storage, 1, SavesAtTheEnd(), others: new LoadWatch([]));
        var calls = new List<string>();
        using var module = new SmallModule
        {
            Setup = module =>
            {
                calls.Add("ConfigureOptimizers");
                return optim.Adam(module.parameters(), lr: 0.05);
            },
            AtLoadCheckpoint = () => calls.Add("module.OnLoadCheckpoint"),
        };
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = maxEpochs, MaxSteps = maxSteps }, [new LoadWatch(calls)]);

        var result = trainer.Fit(module, new SmallData(3), new SmallData(2), "end.ckpt");

        Assert.AreEqual(steps, result.GlobalStep);
        Assert.AreSequenceEqual(
            [
                "SetUp", "module.OnLoadCheckpoint", "ConfigureOptimizers", "callback.OnLoadCheckpoint", "callback.LoadStateDict",
                "OnFitStart",
            ],
            calls);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CC1")]
    public async Task Fit_Resumed_LetsGoOfTheFileBeforeTrainingBegins()
    {
        var storage = new InMemoryCheckpointIO();
        Fit(storage, 1, SavesAtTheEnd());
        await using var watched = new LoadedStates(storage);
        var isDisposed = false;
        var watching = new LambdaCallback().On<OnTrainStartArguments>(_ => isDisposed = IsDisposed(watched.Loaded.Single()));
        using var module = new SmallModule();

        new Trainer(new SingleDeviceStrategy(watched), new TrainerOptions { MaxEpochs = 2 }, [watching]).Fit(
            module, new SmallData(3), checkpointPath: "end.ckpt");

        Assert.IsTrue(isDisposed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR16")]
    public void SaveCheckpoint_OutsideOfAFit_SaysThatThereIsNothing()
    {
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.SaveCheckpoint("now.ckpt"));

        Assert.StartsWith("There is nothing to save", error.Message);
    }

    private static LambdaCallback SavesAtTheEnd() =>
        new LambdaCallback().On<OnTrainEndArguments>(arguments => arguments.Trainer.SaveCheckpoint("end.ckpt"));

    private static StateMap Progress(Trainer trainer)
    {
        using var state = trainer.CaptureState();
        return state.Find("fulgurite.progress")!.AsMap();
    }

    private static float[] Predict(Trainer trainer, SmallModule module) =>
        [.. trainer.Predict(module, new SmallData(2)).SelectMany(batch => batch.data<float>().ToArray())];

    /// <summary>Three batches an epoch and a validation of two; saved as <c>stopped.ckpt</c> where it fails.</summary>
    private static (FitResult Result, List<double> Losses) Fit(
        InMemoryCheckpointIO storage,
        int epochs,
        Callback? callback = null,
        string? resume = null,
        List<double>? losses = null,
        Callback? others = null)
    {
        manual_seed(11);
        using var module = new SmallModule();
        manual_seed(resume is null ? 12 : 13);
        var callbacks = new[] { callback, others, new SavingCheckpoint { OnInterruption = true } }.OfType<Callback>();
        try
        {
            var result = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = epochs }, callbacks)
                .Fit(module, new SmallData(3), new SmallData(2), resume);
            return (result, module.Losses);
        }
        finally
        {
            losses?.AddRange(module.Losses);
        }
    }

    private static bool IsDisposed(TrainingState state)
    {
        try
        {
            state.Share().Dispose();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private sealed class LoadedStates(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public List<TrainingState> Loaded { get; } = [];

        public override async Task<TrainingState> LoadCheckpointAsync(
            string path, LoadOptions? options, CancellationToken cancellationToken)
        {
            var state = await base.LoadCheckpointAsync(path, options, cancellationToken);
            Loaded.Add(state);
            return state;
        }
    }

    private sealed class LoadWatch(List<string> calls) : Callback
    {
        public override string StateKey => nameof(LoadWatch);

        public override StateMap StateDict() => new() { ["any"] = 1 };

        public override void LoadStateDict(StateMap state) => calls.Add("callback.LoadStateDict");

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => calls.Add("callback.OnLoadCheckpoint");

        public override void SetUp(SetUpArguments arguments) => calls.Add("SetUp");

        public override void OnFitStart(OnFitStartArguments arguments) => calls.Add("OnFitStart");
    }
}
