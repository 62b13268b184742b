using Fulgurite.Callbacks;
using Fulgurite.Testing.Time;
using Fulgurite.Tests.Callbacks.Doubles;
using TorchSharp;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>
/// What people rely on in Lightning's ModelCheckpoint, on every storage. The property <c>Behaviour</c> names the rows of
/// docs/conformance.md that a test covers.
/// </summary>
public abstract class ModelCheckpointSuite : SuiteBase
{
    [TestMethod]
    [TestProperty("Behaviour", "CF2")]
    [DataRow(1, null, 1)]
    [DataRow(2, null, 2)]
    [DataRow(1, 4, 4)]
    [DataRow(2, 5, 6)]
    public void Default_EveryValidation_SavesOnce(int epochs, int? interval, int expected)
    {
        var run = Fit(epochs: epochs, batches: 16, trainer: o => o.ValidationInterval = interval).Succeeded();

        Assert.HasCount(expected, run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CF3")]
    [DataRow(1, 1, null, 1)]
    [DataRow(2, 2, null, 2)]
    [DataRow(2, 1, 4, 4)]
    [DataRow(2, 2, 5, 6)]
    public void TopK_MetricThatAlwaysImproves_SavesAtEveryValidationAndTwiceWithLast(int limit, int epochs, int? interval, int expected)
    {
        foreach (var (last, factor) in new[] { (SaveLast.No, 1), (SaveLast.File, 2) })
        {
            var run = Fit(o => (o.Monitor, o.SaveTopK, o.SaveLast, o.DirPath) = ("val", limit, last, Path.Combine(Folder, last.ToString())), epochs: epochs, batches: 16, trainer: o => o.ValidationInterval = interval).Succeeded();

            // The newest state is saved once more in the end where steps are left over after the last validation.
            var leftOver = last.IsOn && 16 % (interval ?? 16) > 0 ? 1 : 0;
            Assert.HasCount((expected * factor) + leftOver, run.IO.Saves, last.ToString());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC13")]
    [DataRow(-1, 2)]
    [DataRow(0, 0)]
    [DataRow(1, 1)]
    public void DirPath_None_IsCheckpointsBelowTheRoot(int limit, int expected)
    {
        var run = Fit(o => (o.DirPath, o.SaveTopK) = (null, limit), epochs: 2).Succeeded();

        Assert.HasCount(expected, Files(Path.Combine(Folder, "checkpoints")));
        Assert.AreSequenceEqual(limit == -1 ? Named((0, 4), (1, 8)) : limit == 1 ? Named((1, 8)) : [], Files(Path.Combine(Folder, "checkpoints")));
        Assert.AreEqual(limit == 0 ? null : Path.Combine(Folder, "checkpoints", "epoch=1-step=8.ckpt"), run.Callback.BestModelPath);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC16")]
    public void FileExtension_IsThatOfTheBestAndTheLast()
    {
        Fit(o => (o.FileExtension, o.SaveLast) = (".model", true)).Succeeded();

        Assert.AreSequenceEqual(["epoch=0-step=4.model", "last.model"], Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC17")]
    public void Filename_NamesAMetric_HoldsItsValue()
    {
        var run = Fit(o => (o.Monitor, o.Filename) = ("val", "m-{epoch:00}-{val:0.000}"), new PolicyModule { Validation = _ => 0.25 }).Succeeded();

        Assert.AreSequenceEqual(["m-epoch=00-val=0.250.ckpt"], Files());
        Assert.AreEqual(0.25, run.Callback.BestModelScore);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC20")]
    public void SecondRun_InTheSameFolder_CountsVersionsAndLeavesTheFirstAlone()
    {
        Fit(o => (o.Monitor, o.SaveTopK) = ("val", 2), epochs: 2).Succeeded();
        var first = Files().ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(Folder, name)));
        var second = Fit(o => (o.Monitor, o.SaveTopK) = ("val", 2), epochs: 2).Succeeded();

        Assert.AreSequenceEqual(["epoch=0-step=4-v1.ckpt", "epoch=0-step=4.ckpt", "epoch=1-step=8-v1.ckpt", "epoch=1-step=8.ckpt"], Files());
        Assert.IsTrue(second.Callback.BestKModels.Keys.All(path => path.EndsWith("-v1.ckpt", StringComparison.Ordinal)));
        Assert.IsTrue(first.All(file => File.ReadAllBytes(Path.Combine(Folder, file.Key)).SequenceEqual(file.Value)), "the files of the first run are as they were");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC21")]
    public void SecondRun_OfTheSameCallback_StartsAtTheChosenVersion()
    {
        var callback = new ModelCheckpoint(new ModelCheckpointOptions
        {
            DirPath = Folder,
            Filename = "model",
            Naming = new Fulgurite.Callbacks.Naming.CheckpointNaming { StartingVersion = 9 },
        });
        for (var run = 0; run < 3; run++)
        {
            Fit(callback: callback).Succeeded();
        }

        Assert.AreSequenceEqual(["model-v10.ckpt", "model-v9.ckpt", "model.ckpt"], Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC22")]
    public void EnableVersionCounter_Off_OverwritesInPlace()
    {
        for (var run = 0; run < 2; run++)
        {
            Fit(o => (o.EnableVersionCounter, o.SaveLast, o.Monitor) = (false, true, "val")).Succeeded();
        }

        Assert.AreSequenceEqual(["epoch=0-step=4.ckpt", "last.ckpt"], Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC23")]
    public void ToYaml_ReadBack_IsBestKModels()
    {
        var run = Fit(o => (o.Monitor, o.SaveTopK) = ("val", 3), epochs: 4).Succeeded();

        run.Callback.ToYaml();

        var read = File.ReadAllLines(Path.Combine(Folder, "best_k_models.yaml"))
            .Select(line => line.Split("\": "))
            .ToDictionary(parts => parts[0][1..], parts => double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
        Assert.HasCount(3, read);
        Assert.IsTrue(read.All(entry => run.Callback.BestKModels[entry.Key] == entry.Value));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC24")]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void EveryNEpochs_FiveEpochs_SavesInThoseThatItDivides(int every)
    {
        Fit(o => (o.EveryNEpochs, o.SaveTopK) = (every, -1), epochs: 5).Succeeded();

        var expected = Enumerable.Range(0, 5).Where(epoch => every > 0 && (epoch + 1) % every == 0).Select(epoch => (epoch, (epoch + 1) * 4));
        Assert.AreSequenceEqual(Named([.. expected]), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC25")]
    public void EveryNTrainSteps_SixteenOfTwoEpochsOf64_SavesEightTimes()
    {
        Fit(o => (o.EveryNTrainSteps, o.SaveTopK, o.Filename) = (16, -1, "{step}"), epochs: 2, batches: 64).Succeeded();

        Assert.AreSequenceEqual(Enumerable.Range(1, 8).Select(number => $"step={number * 16}.ckpt").Order(StringComparer.Ordinal), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC26")]
    public void TrainTimeInterval_SevenSecondsABatchAndAMinute_SavesFourteenTimes()
    {
        var time = new ManualTimeProvider();
        var clock = new HookCallback { BeforeStep = () => time.Advance(TimeSpan.FromSeconds(7)) };

        Fit(o => (o.TrainTimeInterval, o.SaveTopK) = (TimeSpan.FromMinutes(1), -1), epochs: 2, batches: 64, validations: 0, others: [clock], time: time).Succeeded();

        Assert.HasCount(14, Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC27")]
    public void ValidationWithinEpochs_SavesAfterEachOfThem()
    {
        Fit(o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{step}"), batches: 10, trainer: o => o.ValidationInterval = 2).Succeeded();

        Assert.AreSequenceEqual(new[] { 2, 4, 6, 8, 10 }.Select(step => $"step={step}.ckpt").Order(StringComparer.Ordinal), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC28")]
    public void ValidationEverySecondEpoch_SavesInThoseOnly()
    {
        Fit(o => (o.Monitor, o.SaveTopK) = ("val", -1), epochs: 4, trainer: o => o.CheckValidationEveryNEpochs = 2).Succeeded();

        Assert.AreSequenceEqual(Named((1, 8), (3, 16)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD3")]
    [TestProperty("Behaviour", "MD6")]
    [DataRow(true)]
    [DataRow(false)]
    public void ValidationEverySecondEpoch_StepOrTimeTrigger_WaitsForIt(bool byStep)
    {
        var run = Fit(
            o => (o.Monitor, o.SaveTopK, o.EveryNTrainSteps, o.TrainTimeInterval) = ("val", -1, byStep ? 1 : null, byStep ? null : TimeSpan.Zero),
            epochs: 4,
            trainer: o => o.CheckValidationEveryNEpochs = 2).Succeeded();

        Assert.AreSequenceEqual(["epoch=1-step=8.ckpt", "epoch=3-step=16.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC30")]
    public void StateDict_OfOtherCallbacks_IsAskedForOnceASave()
    {
        var counter = new StateCounter();

        var run = Fit(o => (o.Monitor, o.SaveLast) = ("val", true), epochs: 3, others: [counter]).Succeeded();

        Assert.AreEqual(3, counter.Asked - counter.AskedBeforeTraining, "one capture for the best and the last together");
        Assert.HasCount(6, run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC31")]
    public void Default_NoMonitor_KeepsTheNewestOnly()
    {
        var run = Fit(epochs: 3).Succeeded();

        Assert.HasCount(3, run.IO.Saves);
        Assert.AreSequenceEqual(Named((2, 12)), Files());
        using var state = Load("epoch=2-step=12.ckpt");
        Assert.IsTrue(state.Root.ContainsKey("optimizer_states"), "all of the training, not the weights only");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC32")]
    public void LastGlobalStepSaved_NothingWritten_StaysZero()
    {
        var run = Fit(o => (o.SaveTopK, o.SaveLast) = (0, false), epochs: 2).Succeeded();

        Assert.AreEqual(0, run.Callback.LastGlobalStepSaved);
        Assert.IsEmpty(run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC33")]
    [TestProperty("Behaviour", "MC35")]
    public void Files_HoldEpochStepAndTheScoreOfTheirTime()
    {
        double[] scores = [0.1234, 0.2234, 0.3234];

        var run = Fit(o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{val:0.0000}-{epoch}"), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 3).Succeeded();

        for (var epoch = 0; epoch < 3; epoch++)
        {
            using var state = Load(FormattableString.Invariant($"val={scores[epoch]:0.0000}-epoch={epoch}.ckpt"));
            Assert.AreEqual((epoch + 1) * 4, state["global_step"].AsInteger());
            Assert.AreEqual("val", StateOf(state, run.Callback)["monitor"].AsText());
            Assert.AreEqual(scores[epoch], StateOf(state, run.Callback)["current_score"].AsReal());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC34")]
    [DataRow(4)]
    [DataRow(7)]
    public void ValidationWithinEpochs_FilesCountTheStepsThatAreLeftOver(int interval)
    {
        Fit(o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{step}"), epochs: 2, batches: 16, trainer: o => o.ValidationInterval = interval).Succeeded();

        var steps = Enumerable.Range(0, 2).SelectMany(epoch => Enumerable.Range(1, 16 / interval).Select(number => (epoch * 16) + (number * interval))).ToList();
        Assert.AreSequenceEqual(steps.Select(step => $"step={step}.ckpt").Order(StringComparer.Ordinal), Files());
        foreach (var step in steps)
        {
            using var state = Load($"step={step}.ckpt");
            Assert.AreEqual(step, state["global_step"].AsInteger());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC33")]
    [TestProperty("Behaviour", "MC34")]
    [DataRow(null)]
    [DataRow(2)]
    public void Files_HoldTheSchedulerOfTheirTime(int? interval)
    {
        var module = new PolicyModule { Setup = optimizer => new Optimizers.OptimizerSetup(optimizer, new Schedulers.StepLR(optimizer, 1, 0.5)) };

        Fit(o => (o.Monitor, o.SaveTopK, o.Filename, o.SaveOnTrainEpochEnd) = ("val", -1, "{step}", interval is null), module, epochs: 3, trainer: o => o.ValidationInterval = interval).Succeeded();

        foreach (var step in interval is null ? new[] { 4, 8, 12 } : [2, 4, 6, 8, 10, 12])
        {
            // It steps with the last batch of an epoch, before the validation that ends the epoch, and not within one.
            var expected = step / 4;
            using var state = Load($"step={step}.ckpt");
            Assert.AreEqual(expected, state["lr_schedulers"].AsList()[0].AsMap()["last_epoch"].AsInteger(), $"step {step}");
            var group = state["optimizer_states"].AsList()[0].AsMap()["param_groups"].AsList()[0].AsMap();
            Assert.AreEqual(0.1 * Math.Pow(0.5, expected), group["lr"].AsReal(), 1e-12, $"step {step}");
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC36")]
    [DataRow(MonitorMode.Min, double.PositiveInfinity)]
    [DataRow(MonitorMode.Max, double.NegativeInfinity)]
    public void CurrentScore_NotANumber_IsTheWorst(MonitorMode mode, double expected)
    {
        var run = Fit(o => (o.Monitor, o.Mode) = ("val", mode), new PolicyModule { Validation = _ => double.NaN }).Succeeded();

        Assert.AreEqual(expected, run.Callback.CurrentScore);
        using var state = Load("epoch=0-step=4.ckpt");
        Assert.AreEqual(expected, StateOf(state, run.Callback)["current_score"].AsReal());
        Assert.IsNull(run.Callback.BestModelPath, "it is kept, and it is the best of nothing");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC37")]
    [DataRow(MonitorMode.Min)]
    [DataRow(MonitorMode.Max)]
    public void NotANumber_First_GivesWayToNumbers(MonitorMode mode)
    {
        double[] scores = mode == MonitorMode.Min ? [double.NaN, 0.5, 0.3] : [double.NaN, 0.3, 0.5];

        var run = Fit(o => (o.Monitor, o.Mode) = ("val", mode), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 3).Succeeded();

        Assert.HasCount(3, run.IO.Saves);
        Assert.AreSequenceEqual(Named((2, 12)), Files());
        Assert.AreEqual(scores[2], run.Callback.BestModelScore);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC38")]
    public void TopZero_WithLast_LeavesOnlyLast()
    {
        var run = Fit(o => (o.SaveTopK, o.SaveLast) = (0, true), epochs: 2).Succeeded();

        Assert.AreSequenceEqual(["last.ckpt"], Files());
        Assert.IsNull(new FileInfo(Path.Combine(Folder, "last.ckpt")).LinkTarget, "a real file");
        Assert.IsNull(run.Callback.BestModelPath);
        Assert.IsNull(run.Callback.BestModelScore);
        Assert.IsNull(run.Callback.KthBestModelPath);
        Assert.IsEmpty(run.Callback.BestKModels);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC39")]
    public void TopAll_WithMonitor_TracksEveryFile()
    {
        double[] scores = [0.5, 0.2, 0.7, 0.4];

        var run = Fit(o => (o.Monitor, o.SaveTopK) = ("val", -1), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 4).Succeeded();

        Assert.HasCount(4, run.Callback.BestKModels);
        Assert.AreSequenceEqual(Named((0, 4), (1, 8), (2, 12), (3, 16)), Files());
        Assert.AreEqual("epoch=1-step=8.ckpt", run.Best);
        Assert.AreEqual("epoch=2-step=12.ckpt", Path.GetFileName(run.Callback.KthBestModelPath));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC40")]
    public void FixedName_NoMonitor_NeverAlternates()
    {
        var run = Fit(o => o.Filename = "model", epochs: 4).Succeeded();

        Assert.AreSequenceEqual(["model.ckpt"], run.IO.Saves.Distinct(StringComparer.Ordinal));
        Assert.AreSequenceEqual(["model.ckpt"], Files());
        using var state = Load("model.ckpt");
        Assert.AreEqual(16, state["global_step"].AsInteger());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC41")]
    [TestProperty("Behaviour", "MC48")]
    public void Files_NameThemselvesInTheirState()
    {
        var run = Fit(o => (o.SaveTopK, o.SaveLast, o.LastFilename) = (-1, true, "last-{epoch}"), epochs: 3).Succeeded();

        foreach (var (epoch, step) in new[] { (0, 4), (1, 8), (2, 12) })
        {
            using var state = Load($"epoch={epoch}-step={step}.ckpt");
            Assert.AreEqual($"epoch={epoch}-step={step}.ckpt", StateOf(state, run.Callback)["best_model_path"].AsText());
        }

        using var last = Load("last-epoch=2.ckpt");
        Assert.AreEqual("last-epoch=2.ckpt", StateOf(last, run.Callback)["last_model_path"].AsText());
        Assert.AreEqual(Path.Combine(Folder, "last-epoch=2.ckpt"), run.Callback.LastModelPath);
        Assert.AreSequenceEqual(["last-epoch=2.ckpt"], Files().Where(name => name.StartsWith("last", StringComparison.Ordinal)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC42")]
    [DataRow("true")]
    [DataRow("link")]
    public void SaveLast_EveryTenSteps_IsOneFileWithTheNewestState(string last)
    {
        Fit(o => (o.EveryNTrainSteps, o.SaveTopK, o.SaveLast, o.LastFilename, o.Filename) = (10, -1, last, "last-{epoch}", "{step}"), batches: 30).Succeeded();

        Assert.AreSequenceEqual(["last-epoch=0.ckpt", "step=10.ckpt", "step=20.ckpt", "step=30.ckpt"], Files());
        Assert.IsTrue(File.ReadAllBytes(Path.Combine(Folder, "last-epoch=0.ckpt")).SequenceEqual(File.ReadAllBytes(Path.Combine(Folder, "step=30.ckpt"))), "the same state, byte for byte");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC44")]
    [TestProperty("Behaviour", "MC45")]
    [TestProperty("Behaviour", "MD4")]
    public void SaveLastAsLink_OverAnOldFile_ReplacesItAndSurvivesItsTarget()
    {
        File.WriteAllText(Path.Combine(Folder, "last.ckpt"), "of another run");
        double[] scores = [0.5, 0.4, 0.9];

        Fit(o => (o.Monitor, o.SaveLast, o.EnableVersionCounter) = ("val", "link", false), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 3).Succeeded();

        Assert.AreSequenceEqual(["epoch=1-step=8.ckpt", "last.ckpt"], Files());
        Assert.IsNull(new FileInfo(Path.Combine(Folder, "last.ckpt")).LinkTarget, "no link that could dangle or name itself");
        using var last = Load("last.ckpt");
        Assert.AreEqual(12, last["global_step"].AsInteger(), "the newest state, although it is no best one");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC46")]
    public void SaveLast_NoMonitor_BestIsTheNewestWithoutScore()
    {
        var run = Fit(o => (o.SaveTopK, o.SaveLast) = (-1, true), epochs: 2).Succeeded();

        Assert.AreSequenceEqual([.. Named((0, 4), (1, 8)), "last.ckpt"], Files());
        Assert.AreEqual("epoch=1-step=8.ckpt", run.Best);
        Assert.IsNull(run.Callback.BestModelScore);
        Assert.IsEmpty(run.Callback.BestKModels);
        Assert.IsNull(run.Callback.KthBestModelPath);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC47")]
    public void SaveLast_AtASave_HoldsWhatTheOtherFileHolds()
    {
        Fit(o => (o.SaveTopK, o.SaveLast) = (-1, true), epochs: 2).Succeeded();

        using var best = Load("epoch=1-step=8.ckpt");
        using var last = Load("last.ckpt");
        Fulgurite.Testing.State.StateAssert.AreSame(best, last);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void SaveLast_HoweverSlowStorageIs_HoldsTheSame(int limit)
    {
        double[] scores = [0.5, 0.4, 0.6, 0.3, 0.35, 0.2];
        PolicyModule Module(int done = 0)
        {
            TorchSharp.torch.manual_seed(3);
            return new PolicyModule { Validation = number => scores[number - 1], Validations = done };
        }

        var (whole, parts, atOnce) = (Path.Combine(Folder, "whole"), Path.Combine(Folder, "parts"), Path.Combine(Folder, "atOnce"));
        Action<ModelCheckpointOptions> In(string folder) => o => (o.Monitor, o.SaveTopK, o.SaveLast, o.DirPath) = ("val", limit, true, folder);

        Fit(In(whole), Module(), epochs: 6).Succeeded();
        Fit(In(parts), Module(), epochs: 3).Succeeded();
        Fit(In(parts), Module(3), epochs: 6, resume: Path.Combine(parts, "last.ckpt")).Succeeded();
        Fit(In(atOnce), Module(), epochs: 6, storage: InMemory).Succeeded();

        using var first = Load(Path.Combine(whole, "last.ckpt"));
        using var second = Load(Path.Combine(parts, "last.ckpt"));
        using var third = InMemory.LoadCheckpointAsync(Path.Combine(atOnce, "last.ckpt"), null, CancellationToken.None).Result;
        Fulgurite.Testing.State.StateAssert.AreSame(first, second);
        Fulgurite.Testing.State.StateAssert.HaveSameValues(first, third);
        Assert.AreSequenceEqual(Files(whole), Files(parts));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC49")]
    public void SaveLast_TwoRuns_MakesTwoRealFiles()
    {
        Fit(o => (o.SaveTopK, o.SaveLast) = (0, true)).Succeeded();
        Fit(o => (o.SaveTopK, o.SaveLast) = (0, true)).Succeeded();

        Assert.AreSequenceEqual(["last-v1.ckpt", "last.ckpt"], Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC50")]
    [DataRow(0)]
    [DataRow(5)]
    public void SaveLast_NoEpochIsDue_IsWrittenOnceAtTheEnd(int every)
    {
        var run = Fit(o => (o.SaveTopK, o.SaveLast, o.EveryNEpochs) = (0, true, every), epochs: 2).Succeeded();

        Assert.AreSequenceEqual(["last.ckpt"], run.IO.Saves);
        using var last = Load("last.ckpt");
        Assert.AreEqual(8, last["global_step"].AsInteger());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC51")]
    public void SaveLast_NoValidationAndNotAtEpochEnd_IsThereInTheEnd()
    {
        Fit(o => (o.SaveLast, o.SaveOnTrainEpochEnd) = (true, false), epochs: 2, validations: 0).Succeeded();

        Assert.AreSequenceEqual(["last.ckpt"], Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC52")]
    public void SaveLast_MetricThatAlternates_LeavesTheBestAndTheNewest()
    {
        double[] scores = [0.5, 0.9, 0.4, 0.8];

        Fit(o => (o.Monitor, o.SaveLast) = ("val", true), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 4).Succeeded();

        Assert.AreSequenceEqual(["epoch=2-step=12.ckpt", "last.ckpt"], Files());
        using var last = Load("last.ckpt");
        Assert.AreEqual(16, last["global_step"].AsInteger(), "the newest trained state");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD1")]
    public void StepTrigger_MetricOfTheStep_SavesAtTheStep()
    {
        var run = Fit(o => (o.Monitor, o.Mode, o.EveryNTrainSteps) = ("train", MonitorMode.Max, 1), new PolicyModule { Train = step => step }, batches: 4).Succeeded();

        Assert.AreEqual(4.0, run.Callback.BestModelScore);
        Assert.AreSequenceEqual(Named((0, 4)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD2")]
    public void TimeTrigger_MetricOfTheValidation_WaitsForIt()
    {
        double[] scores = [0.2, 0.7, 0.5];

        var run = Fit(
            o => (o.Monitor, o.Mode, o.TrainTimeInterval) = ("val", MonitorMode.Max, TimeSpan.Zero),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

        Assert.AreEqual(0.7, run.Callback.BestModelScore);
        Assert.AreSequenceEqual(Named((1, 8)), Files());
        Assert.AreSequenceEqual(["epoch=0-step=4.ckpt", "epoch=1-step=8.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD5")]
    public void StepTrigger_ValidationInMidEpoch_SavesAfterValidationsOnly()
    {
        Fit(o => (o.Monitor, o.EveryNTrainSteps, o.SaveTopK) = ("val", 1, -1), epochs: 2, batches: 4, trainer: o => o.ValidationInterval = 2).Succeeded();

        Assert.AreSequenceEqual(Named((0, 2), (0, 4), (1, 6), (1, 8)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD7")]
    public void StepTrigger_EveryEpoch_ComparesTheMetricOfThatEpoch()
    {
        double[] scores = [0.1, 0.5, 0.9];

        var run = Fit(
            o => (o.Monitor, o.Mode, o.EveryNTrainSteps, o.SaveTopK) = ("val", MonitorMode.Max, 4, -1),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

        Assert.AreSequenceEqual(scores.Order(), run.Callback.BestKModels.Values.Order());
        Assert.AreEqual("epoch=2-step=12.ckpt", run.Best);
        using var state = Load("epoch=2-step=12.ckpt");
        Assert.AreEqual(0.9, StateOf(state, run.Callback)["current_score"].AsReal(), "not that of the epoch before");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MD8")]
    [TestProperty("Behaviour", "MD9")]
    [DataRow(false)]
    [DataRow(true)]
    public void Files_HoldTheWeightsAfterTheStepTheyAreNamedBy(bool manual)
    {
        var run = Fit(o => (o.EveryNTrainSteps, o.SaveTopK, o.Filename) = (2, -1, "{step}"), new PolicyModule { StepsByHand = manual }, batches: 6).Succeeded();

        Assert.HasCount(6, run.Module.Weights.Values.Distinct(), "each step changes them");
        foreach (var step in new[] { 2, 4, 6 })
        {
            using var state = Load($"step={step}.ckpt");
            using var weight = state["state_dict"].AsMap()["_linear.weight"].AsTensor().ToTensor();
            Assert.AreEqual(run.Module.Weights[step], weight.flatten()[0].item<float>(), $"step {step}");
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC58")]
    [TestProperty("Behaviour", "MC60")]
    public void Resume_SameFolder_KeepsTheFileItCameFrom()
    {
        double[] scores = [0.5, 0.4, 0.3, 0.2];
        var first = Fit(o => (o.Monitor, o.SaveTopK) = ("val", 2), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 2).Succeeded();
        var from = Path.Combine(Folder, "epoch=0-step=4.ckpt");
        var bytes = File.ReadAllBytes(from);

        var second = Fit(o => (o.Monitor, o.SaveTopK) = ("val", 2), new PolicyModule { Validation = number => scores[number - 1], Validations = 1 }, epochs: 4, resume: from).Succeeded();

        Assert.AreEqual(0.4, first.Callback.BestModelScore);
        Assert.IsTrue(File.ReadAllBytes(from).SequenceEqual(bytes), "it is out of the best two, and still there");
        Assert.AreEqual(0.2, second.Callback.BestModelScore);
        Assert.HasCount(2, second.Callback.BestKModels);
        Assert.Contains("epoch=1-step=8.ckpt", Files(), "that of the first run which the file knows nothing of");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC59")]
    public void Resume_OtherFolder_LeavesTheOldOneAndRemembersItsBest()
    {
        double[] scores = [0.1, 0.5];
        Fit(o => (o.Monitor, o.SaveLast) = ("val", true), new PolicyModule { Validation = number => scores[number - 1] }, epochs: 2).Succeeded();
        var before = Files().ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(Folder, name)));
        var other = Path.Combine(Folder, "other");

        var resumed = Fit(o => (o.Monitor, o.SaveLast, o.DirPath) = ("val", true, other), new PolicyModule(), epochs: 2, resume: Path.Combine(Folder, "last.ckpt")).Succeeded();
        Assert.AreEqual(Path.Combine(Folder, "epoch=0-step=4.ckpt"), resumed.Callback.BestModelPath, "the best so far, where it is");

        var longer = Fit(o => (o.Monitor, o.SaveLast, o.DirPath) = ("val", true, other), new PolicyModule { Validation = _ => 0.3 }, epochs: 3, resume: Path.Combine(Folder, "last.ckpt")).Succeeded();
        Assert.AreEqual(Path.Combine(other, "epoch=2-step=12.ckpt"), longer.Callback.BestModelPath);
        Assert.IsTrue(before.All(file => File.ReadAllBytes(Path.Combine(Folder, file.Key)).SequenceEqual(file.Value)), "the old folder is as it was");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC61")]
    [TestProperty("Behaviour", "MC62")]
    public void Resume_FinishedRun_WritesNothingAndCountsOn()
    {
        Fit(o => (o.SaveTopK, o.SaveLast) = (-1, true), epochs: 2).Succeeded();
        var before = Files();
        for (var round = 0; round < 2; round++)
        {
            var again = Fit(o => (o.SaveTopK, o.SaveLast) = (-1, true), epochs: 2, resume: Path.Combine(Folder, "last.ckpt")).Succeeded();
            Assert.AreEqual(8, again.Trainer.GlobalStep);
            Assert.AreEqual(2, again.Trainer.CurrentEpoch);
            Assert.IsEmpty(again.IO.Saves);
        }

        Assert.AreSequenceEqual(before, Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC63")]
    [DataRow(4)]
    [DataRow(3)]
    public void Resume_DataOfUnknownLengthAndStepTrigger_GoesOn(int batches)
    {
        // An iterator: nobody can ask how many batches it has.
        IEnumerable<TorchSharp.torch.Tensor> Unknown()
        {
            foreach (var batch in PolicyModule.Data(batches))
            {
                yield return batch;
            }
        }

        void By2(ModelCheckpointOptions o) => (o.EveryNTrainSteps, o.SaveTopK, o.Filename) = (2, -1, "{step}");
        var first = Fit(By2, data: Unknown(), trainer: o => (o.MaxEpochs, o.MaxSteps) = (null, 4)).Succeeded();
        var rest = Fit(By2, data: Unknown(), trainer: o => (o.MaxEpochs, o.MaxSteps) = (null, 8), resume: Path.Combine(Folder, "step=4.ckpt")).Succeeded();

        Assert.IsNull(first.Trainer.BatchesPerEpoch);
        Assert.AreEqual(8, rest.Trainer.GlobalStep);
        Assert.AreEqual((8 - 1) / batches, rest.Trainer.CurrentEpoch, "that the eighth ends one nobody knows before asking for more");
        Assert.AreSequenceEqual(new[] { 2, 4, 6, 8 }.Select(step => $"step={step}.ckpt"), Files());
    }

    [TestMethod]
    public void KeepEveryNth_MetricThatNeverImproves_CountsAStateOnce()
    {
        // Asked for at the step, compared after the validation, and asked for once more at the end of the epoch.
        Fit(
            o => (o.Monitor, o.EveryNTrainSteps, o.KeepEveryNth) = ("val", 4, 3),
            new PolicyModule { Validation = number => number },
            epochs: 6).Succeeded();

        Assert.AreSequenceEqual(Named((0, 4), (2, 12), (5, 24)), Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC19")]
    [DataRow(false)]
    [DataRow(true)]
    public void Last_InterruptedRightAfterABestOne_GoesOnFromThat(bool newProcess)
    {
        using var stop = new CancellationTokenSource();
        var first = Fit(epochs: 5, others: [new StopAfterEpoch(2, stop)], cancellation: stop.Token).Succeeded();

        Assert.AreEqual(FitStatus.Cancelled, first.Result!.Status);
        Assert.AreSequenceEqual(Named((1, 8)), Files(), "it holds the newest state already");
        var rest = Fit(epochs: 5, resume: "last", callback: newProcess ? null : first.Callback).Succeeded();

        Assert.AreEqual(Path.Combine(Folder, "epoch=1-step=8.ckpt"), rest.Trainer.ResumedFrom);
        Assert.AreEqual(20, rest.Trainer.GlobalStep);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC55")]
    public void OnException_StepIsSaved_MakesNoSecondFile()
    {
        var starts = 0;
        var failing = new HookCallback { EpochStart = () => _ = ++starts == 2 ? throw new InvalidDataException("not now") : 0 };

        var run = Fit(o => o.SaveOnException = true, epochs: 2, others: [failing]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.AreSequenceEqual(["epoch=0-step=4.ckpt"], run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC57")]
    public void OnException_AnyHookOfACallback_LeavesACheckpointThatLoads()
    {
        foreach (var hook in RaisingCallback.Hooks)
        {
            FailsAndLeavesACheckpoint(hook, new PolicyModule(), new RaisingCallback(hook));
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC56")]
    public void OnException_AnyHookOfTheModule_LeavesACheckpointThatLoads()
    {
        foreach (var hook in RaisingModule.Hooks)
        {
            FailsAndLeavesACheckpoint(hook, new RaisingModule(hook));
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC56")]
    [TestProperty("Behaviour", "MC57")]
    public void OnFitEnd_Throws_EverythingIsSavedByThen()
    {
        var run = Fit(o => (o.SaveLast, o.Monitor) = (true, "val"), epochs: 2, others: [new LambdaCallback { FitEnd = _ => throw new InvalidDataException("at the end") }]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.AreSequenceEqual(["epoch=1-step=8.ckpt", "last.ckpt"], Files());
        Assert.AreEqual(Path.Combine(Folder, "last.ckpt"), run.Callback.LastModelPath);
        var again = Fit(o => (o.SaveLast, o.Monitor) = (true, "val"), epochs: 2, resume: "last").Succeeded();
        Assert.IsEmpty(again.IO.Saves, "there was nothing left to train");
    }

    private void FailsAndLeavesACheckpoint(string hook, PolicyModule module, params Callback[] others)
    {
        var folder = Path.Combine(Folder, hook);
        var run = Fit(o => (o.SaveOnException, o.SaveTopK, o.DirPath) = (true, 0, folder), module, epochs: 2, batches: 2, others: others);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure, hook);
        Assert.AreSequenceEqual(["last.ckpt"], Files(folder), hook);
        using var state = Load(Path.Combine(folder, "last.ckpt"));
        Assert.IsNotEmpty(state["state_dict"].AsMap(), hook);
        Assert.AreEqual(run.Trainer.GlobalStep, state["global_step"].AsInteger(), hook);
    }
}
