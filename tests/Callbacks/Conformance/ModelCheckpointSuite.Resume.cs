namespace Fulgurite.Tests.Callbacks.Conformance;

// How it goes on in another run.
public abstract partial class ModelCheckpointSuite
{
    [TestMethod]
    [TestProperty("Behaviour", "MC58")]
    [TestProperty("Behaviour", "MC60")]
    public void Resume_SameFolder_KeepsTheFileItCameFrom()
    {
        double[] scores = [0.5, 0.4, 0.3, 0.2];
        var first = Fit(
            o => (o.Monitor, o.SaveTopK) = ("val", 2),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 2).Succeeded();
        var from = Path.Combine(Folder, "epoch=0-step=4.ckpt");
        var bytes = File.ReadAllBytes(from);

        var second = Fit(
            o => (o.Monitor, o.SaveTopK) = ("val", 2),
            new PolicyModule { Validation = number => scores[number - 1], Validations = 1 },
            epochs: 4,
            resume: from).Succeeded();

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
        Fit(
            o => (o.Monitor, o.SaveLast) = ("val", true),
            new PolicyModule { Validation = number => scores[number - 1] },
            epochs: 2).Succeeded();
        var before = Files().ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(Folder, name)));
        var other = Path.Combine(Folder, "other");

        var resumed = Fit(
            o => (o.Monitor, o.SaveLast, o.DirPath) = ("val", true, other),
            new PolicyModule(),
            epochs: 2,
            resume: Path.Combine(Folder, "last.ckpt")).Succeeded();
        Assert.AreEqual(Path.Combine(Folder, "epoch=0-step=4.ckpt"), resumed.Callback.BestModelPath, "the best so far, where it is");

        var longer = Fit(
            o => (o.Monitor, o.SaveLast, o.DirPath) = ("val", true, other),
            new PolicyModule { Validation = _ => 0.3 },
            epochs: 3,
            resume: Path.Combine(Folder, "last.ckpt")).Succeeded();
        Assert.AreEqual(Path.Combine(other, "epoch=2-step=12.ckpt"), longer.Callback.BestModelPath);
        Assert.IsTrue(
            before.All(file => File.ReadAllBytes(Path.Combine(Folder, file.Key)).SequenceEqual(file.Value)), "the old folder is as it was");
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
        var rest = Fit(
            By2,
            data: Unknown(),
            trainer: o => (o.MaxEpochs, o.MaxSteps) = (null, 8),
            resume: Path.Combine(Folder, "step=4.ckpt")).Succeeded();

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
}
