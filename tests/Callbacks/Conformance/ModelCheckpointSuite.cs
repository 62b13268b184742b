namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>
/// What people rely on in Lightning's ModelCheckpoint, on every storage. The property <c>Behaviour</c> names the rows of
/// docs/conformance.md that a test covers.
/// </summary>
public abstract partial class ModelCheckpointSuite : SuiteBase
{
    [TestMethod]
    [TestProperty("Behaviour", "MC13")]
    [DataRow(-1, 2)]
    [DataRow(0, 0)]
    [DataRow(1, 1)]
    public void DirPath_None_IsCheckpointsBelowTheRoot(int limit, int expected)
    {
        var run = Fit(o => (o.DirPath, o.SaveTopK) = (null, limit), epochs: 2).Succeeded();

        Assert.HasCount(expected, Files(Path.Combine(Folder, "checkpoints")));
        Assert.AreSequenceEqual(
            limit == -1 ? Named((0, 4), (1, 8)) : limit == 1 ? Named((1, 8)) : [], Files(Path.Combine(Folder, "checkpoints")));
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
        var run = Fit(
            o => (o.Monitor, o.Filename) = ("val", "m-{epoch:00}-{val:0.000}"), new PolicyModule { Validation = _ => 0.25 }).Succeeded();

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

        Assert.AreSequenceEqual(
            ["epoch=0-step=4-v1.ckpt", "epoch=0-step=4.ckpt", "epoch=1-step=8-v1.ckpt", "epoch=1-step=8.ckpt"], Files());
        Assert.IsTrue(second.Callback.BestKModels.Keys.All(path => path.EndsWith("-v1.ckpt", StringComparison.Ordinal)));
        Assert.IsTrue(
            first.All(file => File.ReadAllBytes(Path.Combine(Folder, file.Key)).SequenceEqual(file.Value)),
            "the files of the first run are as they were");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC21")]
    public void SecondRun_OfTheSameCallback_StartsAtTheChosenVersion()
    {
        var callback = new ModelCheckpoint(new ModelCheckpointOptions
        {
            DirPath = Folder,
            Filename = "model",
            Naming = new Fulgurite.Callbacks.CheckpointNaming { StartingVersion = 9 },
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
    [TestProperty("Behaviour", "MC33")]
    [TestProperty("Behaviour", "MC35")]
    public void Files_HoldEpochStepAndTheScoreOfTheirTime()
    {
        double[] scores = [0.1234, 0.2234, 0.3234];

        var run = Fit(
            o => (o.Monitor, o.SaveTopK, o.Filename) = ("val", -1, "{val:0.0000}-{epoch}"),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

        for (var epoch = 0; epoch < 3; epoch++)
        {
            using var state = Load(FormattableString.Invariant($"val={scores[epoch]:0.0000}-epoch={epoch}.ckpt"));
            Assert.AreEqual((epoch + 1) * 4, state["global_step"].AsInteger());
            Assert.AreEqual("val", StateOf(state, run.Callback)["monitor"].AsText());
            Assert.AreEqual(scores[epoch], StateOf(state, run.Callback)["current_score"].AsReal());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC33")]
    [TestProperty("Behaviour", "MC34")]
    [DataRow(null)]
    [DataRow(2)]
    public void Files_HoldTheSchedulerOfTheirTime(int? interval)
    {
        var module = new PolicyModule { Setup = optimizer => new OptimizerSetup(optimizer, new Schedulers.StepLR(optimizer, 1, 0.5)) };

        Fit(
            o => (o.Monitor, o.SaveTopK, o.Filename, o.SaveOnTrainEpochEnd) = ("val", -1, "{step}", interval is null),
            module,
            epochs: 3,
            trainer: o => o.ValidationInterval = interval).Succeeded();

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
    [TestProperty("Behaviour", "MD8")]
    [TestProperty("Behaviour", "MD9")]
    [DataRow(false)]
    [DataRow(true)]
    public void Files_HoldTheWeightsAfterTheStepTheyAreNamedBy(bool manual)
    {
        var run = Fit(
            o => (o.EveryNTrainSteps, o.SaveTopK, o.Filename) = (2, -1, "{step}"),
            new PolicyModule { StepsByHand = manual },
            batches: 6).Succeeded();

        Assert.HasCount(6, run.Module.Weights.Values.Distinct(), "each step changes them");
        foreach (var step in new[] { 2, 4, 6 })
        {
            using var state = Load($"step={step}.ckpt");
            using var weight = state["state_dict"].AsMap()["_linear.weight"].AsTensor().ToTensor();
            Assert.AreEqual(run.Module.Weights[step], weight.flatten()[0].item<float>(), $"step {step}");
        }
    }
}
