namespace Fulgurite.Tests.Callbacks.BestInMemory;

[TestClass]
public sealed class BestInMemoryCheckpointTests
{
    private const string Folder = "mem://run";
    private static readonly double[] Scores = [0.5, 0.3, 0.2, 0.4];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_FourValidations_WritesTheBestOnceAtTheEnd(bool background)
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make();

        var module = Fit(Wrap(store, background), best, 4);

        Assert.AreSequenceEqual([$"{Folder}/best-epoch=2-step=6.ckpt"], store.Paths);
        Assert.AreEqual(1, store.Writes, "three improvements, one write");
        Assert.AreEqual($"{Folder}/best-epoch=2-step=6.ckpt", best.BestModelPath);
        Assert.AreEqual(0.2, best.BestModelScore);
        using var state = store.LoadCheckpointAsync(best.BestModelPath!, null, CancellationToken.None).Result;
        Assert.AreEqual(module.Weights[6], FirstWeight(state), "the weights of that step, not those of the end");
        Assert.IsTrue(state.Root.ContainsKey("optimizer_states"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SaveWeightsOnly_IsTheStateDictAndNothingElse(bool background)
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make(o => o.SaveWeightsOnly = true);

        Fit(Wrap(store, background), best, 2);

        using var state = store.LoadCheckpointAsync(best.BestModelPath!, null, CancellationToken.None).Result;
        Assert.AreSequenceEqual(["state_dict"], state.Root.Keys.Select(key => key.ToString()));
        Assert.AreEqual(2L * sizeof(float) + sizeof(float), best.ByteLength, "a layer of two inputs and one output");
    }

    [TestMethod]
    public void ShareBestState_BeforeItIsWritten_IsReadable()
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make();
        var seen = new Dictionary<long, float>();
        PolicyModule? module = null;
        var probe = new Probe(step =>
        {
            using var state = best.ShareBestState();
            seen[step] = FirstWeight(state!);
            Assert.IsEmpty(store.Paths);
        });

        module = Fit(Wrap(store, background: true), best, 4, probe);

        Assert.AreEqual(module.Weights[2], seen[2]);
        Assert.AreEqual(module.Weights[4], seen[4]);
        Assert.AreEqual(module.Weights[6], seen[6]);
        Assert.AreEqual(module.Weights[6], seen[8], "the fourth validation was worse");
    }

    [TestMethod]
    public void RestoreBest_AtTheEnd_PutsTheWeightsBack()
    {
        using var best = Make(o => (o.RestoreBest, o.SaveWeightsOnly) = (true, true));

        var module = Fit(Wrap(new InMemoryCheckpointIO(), background: true), best, 4);

        Assert.AreEqual(module.Weights[6], module.Weight());
        Assert.AreNotEqual(module.Weights[8], module.Weight());
    }

    [TestMethod]
    [DataRow(true, 1)]
    [DataRow(false, 0)]
    public void OnException_WritesAsConfigured(bool writes, int expected)
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make(o => o.WriteOnException = writes);
        var epochs = 0;
        var failing = new HookCallback { EpochStart = () => _ = ++epochs == 3 ? throw new InvalidDataException("power") : 0 };

        Assert.ThrowsExactly<InvalidDataException>(() => Fit(Wrap(store, background: true), best, 4, failing));

        Assert.AreEqual(expected, store.Writes);
        Assert.AreEqual(expected == 1 ? $"{Folder}/best-epoch=1-step=4.ckpt" : null, best.BestModelPath);
    }

    [TestMethod]
    public void WriteAfter_OldBest_IsWrittenDuringTraining()
    {
        var store = new InMemoryCheckpointIO();
        var time = new FakeTimeProvider();
        using var best = Make(o => o.WriteAfter = TimeSpan.FromMinutes(1), time);
        var paths = new List<string>();
        var clock = new HookCallback { BeforeStep = () => time.Advance(TimeSpan.FromSeconds(40)) };
        var probe = new Probe(_ => paths.Add(string.Join(' ', store.Paths.Select(Path.GetFileName))));

        Fit(Wrap(store, background: false), best, 4, clock, probe);

        // Two steps of 40 s an epoch: each best one is 80 s old when the next epoch's second step ends.
        Assert.AreSequenceEqual(["", "best-epoch=0-step=2.ckpt", "best-epoch=1-step=4.ckpt", "best-epoch=2-step=6.ckpt"], paths);
        Assert.AreSequenceEqual([$"{Folder}/best-epoch=2-step=6.ckpt"], store.Paths, "an older one goes once the newer one is durable");
    }

    [TestMethod]
    public void WriteWhenIdle_WritesAtTheNextBatch()
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make(o => o.WriteWhenIdle = true);

        Fit(Wrap(store, background: false), best, 4);

        Assert.AreEqual(3, store.Writes, "every best one, each at the batch after it");
        Assert.HasCount(1, store.Paths);
    }

    [TestMethod]
    public void Resume_BestWasWritten_IsNotReplacedByAWorseOne()
    {
        var store = new InMemoryCheckpointIO();
        Run(2, Scores, resume: null);

        var worse = Run(3, [0.35], $"{Folder}/last.ckpt");
        Assert.AreEqual($"{Folder}/best-epoch=1-step=4.ckpt", worse.BestModelPath);
        Assert.AreEqual(0.3, worse.BestModelScore);

        var better = Run(3, [0.1], $"{Folder}/last.ckpt");
        Assert.AreEqual($"{Folder}/best-epoch=2-step=6.ckpt", better.BestModelPath);
        Assert.AreSequenceEqual(
            [$"{Folder}/best-epoch=2-step=6.ckpt", $"{Folder}/last-v1.ckpt", $"{Folder}/last.ckpt"],
            store.Paths.Where(path => !path.EndsWith("last-v2.ckpt", StringComparison.Ordinal)));

        BestInMemoryCheckpoint Run(int epochs, double[] scores, string? resume)
        {
            var best = Make();
            using var strategy = new SingleDeviceStrategy(store);
            using var module = new PolicyModule { Validation = number => scores[number - 1] };
            var last = new ModelCheckpoint(
                new ModelCheckpointOptions
                {
                    DirPath = Folder,
                    SaveTopK = 0,
                    SaveLast = true,
                    Name = resume is null ? null : $"resumed {epochs} {scores[0]}",
                });
            new Trainer(
                strategy,
                new TrainerOptions { MaxEpochs = epochs },
                [best, last]).Fit(module, PolicyModule.Data(2), PolicyModule.Data(1), resume);
            best.Dispose();
            return best;
        }
    }

    [TestMethod]
    public void Resume_BestWasLostInMemory_StartsAnew()
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make();
        best.LoadStateDict(new StateMap
        {
            ["monitor"] = "val",
            ["best_model_score"] = 0.01,
            ["best_model_path"] = "best-epoch=7-step=16.ckpt",
            ["written_score"] = StateValue.Null,
            ["written_path"] = string.Empty,
        });

        Fit(Wrap(store, background: false), best, 2);

        Assert.AreEqual(0.3, best.BestModelScore, "0.01 is nowhere any more");
        Assert.AreSequenceEqual([$"{Folder}/best-epoch=1-step=4.ckpt"], store.Paths);
    }

    [TestMethod]
    public void NotANumber_IsNeverKept()
    {
        using var best = Make();

        Fit(Wrap(new InMemoryCheckpointIO(), background: false), best, 2, scores: [double.NaN, 0.4]);

        Assert.AreEqual(0.4, best.BestModelScore);
    }

    [TestMethod]
    public void Composed_ByName_IsACheckpointCallback()
    {
        using var trainer = Trainer.Create(b => b
            .AddCheckpointIO<TorchCheckpointIO>()
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<BestInMemoryCheckpoint>(o => (o.Monitor, o.SaveWeightsOnly) = ("val_loss", true)));

        Assert.IsInstanceOfType<BestInMemoryCheckpoint>(trainer.CheckpointCallbacks.Single());
        Assert.ThrowsExactly<ArgumentException>(() => new BestInMemoryCheckpoint(new BestInMemoryOptions { Filename = " " }));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Evaluate_Best_IsWhatIsInMemoryAlthoughItWasNeverWritten(bool weightsOnly)
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make(o => (o.WriteOnException, o.SaveWeightsOnly) = (false, weightsOnly));
        using var module = new PolicyModule { Validation = number => Scores[number - 1] };
        using var strategy = new SingleDeviceStrategy(Wrap(store, background: true));
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 5 }, [best, new ThrowInEpoch(4)]);
        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, PolicyModule.Data(2), PolicyModule.Data(1)));
        Assert.AreEqual(module.Weights[8], module.Weight());
        Assert.IsEmpty(store.Paths, "nothing was written");

        trainer.Validate(module, PolicyModule.Data(1), "best");

        Assert.AreEqual(module.Weights[6], module.Weight());
        using var other = new PolicyModule();
        trainer.LoadWeights(other, "best");
        Assert.AreEqual(module.Weights[6], other.Weight());
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR11")]
    [TestProperty("Behaviour", "MC19")]
    public void Last_OfSeveralCallbacks_IsTheNewestThatATrainingGoesOnFrom()
    {
        var folder = Directory.CreateTempSubdirectory("fulgurite-last").FullName;
        try
        {
            ModelCheckpoint Make(string name, int every, bool weightsOnly = false) => new(new ModelCheckpointOptions
            {
                DirPath = Path.Combine(folder, name),
                Name = name,
                EveryNEpochs = every,
                SaveWeightsOnly = weightsOnly,
            });
            using var module = new PolicyModule();
            using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
            Callback[] callbacks = [Make("third", 3), Make("second", 2), Make("weights", 1, weightsOnly: true)];
            var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 5 }, callbacks);
            trainer.Fit(module, PolicyModule.Data(2));
            var times = 0;
            foreach (var name in new[] { "third/epoch=2-step=6.ckpt", "second/epoch=3-step=8.ckpt", "weights/epoch=4-step=10.ckpt" })
            {
                File.SetLastWriteTimeUtc(Path.Combine(folder, name), DateTime.UtcNow.AddMinutes(++times - 10));
            }

            trainer.Options.MaxEpochs = 6;
            trainer.Fit(module, PolicyModule.Data(2), checkpointPath: "last");

            Assert.AreEqual(Path.Combine(folder, "second", "epoch=3-step=8.ckpt"), trainer.ResumedFrom);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void Fit_NewRunAfterAnEvaluationOfACheckpoint_KnowsNothingOfTheRunThatMadeIt()
    {
        var store = new InMemoryCheckpointIO();
        using var best = Make();
        var validations = 0;
        double[] scores = [0.1, 0.9];
        using var module = new PolicyModule { Validation = _ => scores[validations++] };
        using var strategy = new SingleDeviceStrategy(store);
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [best]);
        trainer.Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));
        trainer.Validate(module, PolicyModule.Data(1), best.BestModelPath);

        trainer.Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));

        Assert.AreEqual(0.9, best.BestModelScore);
    }

    [TestMethod]
    [DataRow(true, 4, DisplayName = "after three seconds each, and at the end")]
    [DataRow(false, 2, DisplayName = "once when idle, and at the end")]
    public void Fit_SaveFails_IsNotTriedAgainAtEveryStep(bool byAge, int attempts)
    {
        var clock = new FakeTimeProvider();
        var seen = 0;
        var io = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) =>
        {
            seen++;
            return new IOException("no space left");
        });
        using var best = Make(o => (o.WriteAfter, o.WriteWhenIdle) = (byAge ? TimeSpan.FromSeconds(3) : null, !byAge), clock);
        using var module = new PolicyModule { Validation = number => number == 1 ? 0.5 : 0.9 };
        using var strategy = new SingleDeviceStrategy(io);
        var options = new TrainerOptions { MaxEpochs = 6, OnCheckpointFailure = CheckpointFailurePolicy.Continue };
        var ticking = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => clock.Advance(TimeSpan.FromSeconds(1)));

        var result = new Trainer(strategy, options, [ticking, best]).Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));

        Assert.AreEqual(12L, result.GlobalStep);
        Assert.AreEqual(attempts, seen);
    }

    private static BestInMemoryCheckpoint Make(Action<BestInMemoryOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new BestInMemoryOptions { Monitor = "val", DirPath = Folder };
        configure?.Invoke(options);
        return new BestInMemoryCheckpoint(options, time);
    }

    private static CheckpointIO Wrap(CheckpointIO store, bool background) => background
        ? new AsyncCheckpointIO(store, new AsyncCheckpointOptions { CopyThreads = 1, HugePages = false })
        : store;

    private static PolicyModule Fit(CheckpointIO io, BestInMemoryCheckpoint best, int epochs, params Callback[] others) =>
        Fit(io, best, epochs, Scores, others);

    private static PolicyModule Fit(CheckpointIO io, BestInMemoryCheckpoint best, int epochs, double[] scores, params Callback[] others)
    {
        var module = new PolicyModule { Validation = number => scores[number - 1] };
        using var strategy = new SingleDeviceStrategy(io);
        new Trainer(
            strategy, new TrainerOptions { MaxEpochs = epochs }, [best, .. others]).Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));
        return module;
    }

    private static float FirstWeight(TrainingState state)
    {
        using var weight = state["state_dict"].AsMap()["_linear.weight"].AsTensor().ToTensor();
        return weight.flatten()[0].item<float>();
    }

    private sealed class ThrowInEpoch(int epoch) : Callback
    {
        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
        {
            if (arguments.Trainer.CurrentEpoch == epoch)
            {
                throw new InvalidDataException("after the last validation");
            }
        }
    }

    private sealed class Probe(Action<long> onValidationEnd) : Checkpoint
    {
        public override void OnValidationEnd(OnValidationEndArguments arguments) => onValidationEnd(arguments.Trainer.GlobalStep);
    }
}
