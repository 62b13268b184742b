namespace Fulgurite.Tests.Callbacks.Conformance;

// The newest checkpoint, under its own name.
public abstract partial class ModelCheckpointSuite
{
    [TestMethod]
    [TestProperty("Behaviour", "MC42")]
    [DataRow("true")]
    [DataRow("link")]
    public void SaveLast_EveryTenSteps_IsOneFileWithTheNewestState(string last)
    {
        Fit(
            o => (o.EveryNTrainSteps, o.SaveTopK, o.SaveLast, o.LastFilename, o.Filename) = (10, -1, last, "last-{epoch}", "{step}"),
            batches: 30).Succeeded();

        Assert.AreSequenceEqual(["last-epoch=0.ckpt", "step=10.ckpt", "step=20.ckpt", "step=30.ckpt"], Files());
        Assert.IsTrue(
            File.ReadAllBytes(Path.Combine(Folder, "last-epoch=0.ckpt")).SequenceEqual(
                File.ReadAllBytes(Path.Combine(Folder, "step=30.ckpt"))),
            "the same state, byte for byte");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC44")]
    [TestProperty("Behaviour", "MC45")]
    [TestProperty("Behaviour", "MD4")]
    public void SaveLastAsLink_OverAnOldFile_ReplacesItAndSurvivesItsTarget()
    {
        File.WriteAllText(Path.Combine(Folder, "last.ckpt"), "of another run");
        double[] scores = [0.5, 0.4, 0.9];

        Fit(
            o => (o.Monitor, o.SaveLast, o.EnableVersionCounter) = ("val", "link", false),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 3).Succeeded();

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
        AssertNothingRanked(run.Callback);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC47")]
    public void SaveLast_AtASave_HoldsWhatTheOtherFileHolds()
    {
        Fit(o => (o.SaveTopK, o.SaveLast) = (-1, true), epochs: 2).Succeeded();

        using var best = Load("epoch=1-step=8.ckpt");
        using var last = Load("last.ckpt");
        Fulgurite.Testing.StateAssert.AreSame(best, last);
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
        Action<ModelCheckpointOptions> In(string folder) =>
            o => (o.Monitor, o.SaveTopK, o.SaveLast, o.DirPath) = ("val", limit, true, folder);

        Fit(In(whole), Module(), epochs: 6).Succeeded();
        Fit(In(parts), Module(), epochs: 3).Succeeded();
        Fit(In(parts), Module(3), epochs: 6, resume: Path.Combine(parts, "last.ckpt")).Succeeded();
        Fit(In(atOnce), Module(), epochs: 6, storage: InMemory).Succeeded();

        using var first = Load(Path.Combine(whole, "last.ckpt"));
        using var second = Load(Path.Combine(parts, "last.ckpt"));
        using var third = InMemory.LoadCheckpointAsync(Path.Combine(atOnce, "last.ckpt"), null, CancellationToken.None).Result;
        Fulgurite.Testing.StateAssert.AreSame(first, second);
        Fulgurite.Testing.StateAssert.HaveSameValues(first, third);
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

        Fit(
            o => (o.Monitor, o.SaveLast) = ("val", true),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 4).Succeeded();

        Assert.AreSequenceEqual(["epoch=2-step=12.ckpt", "last.ckpt"], Files());
        using var last = Load("last.ckpt");
        Assert.AreEqual(16, last["global_step"].AsInteger(), "the newest trained state");
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
}
