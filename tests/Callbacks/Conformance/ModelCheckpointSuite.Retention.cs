namespace Fulgurite.Tests.Callbacks.Conformance;

// What it keeps, and what counts as best.
public abstract partial class ModelCheckpointSuite
{
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
            var run = Fit(
                o => (o.Monitor, o.SaveTopK, o.SaveLast, o.DirPath) = ("val", limit, last, Path.Combine(Folder, last.ToString())),
                epochs: epochs,
                batches: 16,
                trainer: o => o.ValidationInterval = interval).Succeeded();

            // The newest state is saved once more in the end where steps are left over after the last validation.
            var leftOver = last.IsOn && 16 % (interval ?? 16) > 0 ? 1 : 0;
            Assert.HasCount((expected * factor) + leftOver, run.IO.Saves, last.ToString());
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC23")]
    public void ToYaml_ReadBack_IsBestKModels()
    {
        var run = Fit(o => (o.Monitor, o.SaveTopK) = ("val", 3), epochs: 4).Succeeded();

        run.Callback.ToYaml();

        var read = File.ReadAllLines(Path.Combine(Folder, "best_k_models.yaml"))
            .Select(line => line.Split("\": "))
            .ToDictionary(
                parts => parts[0][1..],
                parts => double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
        Assert.HasCount(3, read);
        Assert.IsTrue(read.All(entry => run.Callback.BestKModels[entry.Key] == entry.Value));
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

        var run = Fit(
            o => (o.Monitor, o.Mode) = ("val", mode),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

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
        AssertNothingRanked(run.Callback);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC39")]
    public void TopAll_WithMonitor_TracksEveryFile()
    {
        double[] scores = [0.5, 0.2, 0.7, 0.4];

        var run = Fit(
            o => (o.Monitor, o.SaveTopK) = ("val", -1),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 4).Succeeded();

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

    private static void AssertNothingRanked(ModelCheckpoint callback)
    {
        Assert.IsNull(callback.BestModelScore);
        Assert.IsNull(callback.KthBestModelPath);
        Assert.IsEmpty(callback.BestKModels);
    }
}
