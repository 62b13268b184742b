namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

[TestClass]
public sealed class ModelCheckpointTests
{
    private const string Folder = "/checkpoints";

    [TestMethod]
    public void Fit_TopOneAndLast_KeepsTheBestAndTheNewest()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = Make(last: true);

        Fit(storage, callback, 0.5, 0.3, 0.4);

        Assert.AreSequenceEqual(
            new[] { "last.ckpt", "epoch=1-step=4.ckpt" }, storage.Files.Select(Path.GetFileName), "one best and one last, nothing else");
        Assert.AreEqual($"{Folder}/epoch=1-step=4.ckpt", callback.BestModelPath);
        Assert.AreEqual(0.3, callback.BestModelScore);
        Assert.AreEqual($"{Folder}/last.ckpt", callback.LastModelPath);
    }

    [TestMethod]
    public void Fit_MetricStopsImproving_LastIsTheNewestState()
    {
        var storage = new HeldCheckpointIO { Open = true };

        Fit(storage, Make(last: true), 0.1, 0.5, 0.6);

        Assert.AreEqual(6, Loaded(storage, "last.ckpt")["global_step"].AsInteger());
    }

    [TestMethod]
    public void Fit_BestAndLastAtOneStep_AreOneStateUnderTwoNames()
    {
        var storage = new HeldCheckpointIO { Open = true };

        Fit(storage, Make(last: true), 0.5);

        Assert.HasCount(2, storage.Submitted);
        Assert.AreSame(storage.Submitted[0].State, storage.Submitted[1].State);
        Assert.AreSequenceEqual(
            new[] { "epoch=0-step=2.ckpt", "last.ckpt" }, storage.Submitted.Select(save => Path.GetFileName(save.Path)));
    }

    [TestMethod]
    public void Fit_BestAndLast_EachBestNamesTheSlotThatFollowsAtOnce()
    {
        List<SaveOptions> saves = [];
        var durable = new LambdaCallback().On<OnCheckpointDurableArguments>(arguments => saves.Add(arguments.Operation.Options));

        Fit(new HeldCheckpointIO { Open = true }, [Make(last: true), durable], 0.5, 0.6, 0.4);

        // A best one is always followed by the last one of its state; the second validation saves only that.
        var slot = saves.First(options => options.IsResumePoint).Slot;
        Assert.IsNotNull(slot);
        Assert.AreSequenceEqual([slot, null, null, slot, null], saves.Select(options => options.FollowedBy));
    }

    [TestMethod]
    public void Fit_StorageIsSlow_RemovesTheOldBestOnlyOnceTheNewOneIsDurable()
    {
        var storage = new HeldCheckpointIO();
        var filesAtEnd = new List<string>();
        var probe = new Probe(onValidationEnd: number =>
        {
            if (number == 1)
            {
                storage.Release();
            }
            else if (number == 3)
            {
                filesAtEnd.AddRange(storage.Files);
            }
        });

        Fit(storage, [Make(), probe], 0.5, 0.4, 0.3);

        Assert.AreSequenceEqual(new[] { $"{Folder}/epoch=0-step=2.ckpt" }, filesAtEnd, "two better ones are on their way, none is there");
        Assert.AreSequenceEqual(new[] { $"{Folder}/epoch=2-step=6.ckpt" }, storage.Files, "after the drain only the best one stays");
        Assert.DoesNotContain($"{Folder}/epoch=2-step=6.ckpt", storage.Removed);
    }

    [TestMethod]
    public void Fit_SaveOfABetterOneFails_KeepsTheOldBest()
    {
        var storage = new HeldCheckpointIO { Open = true, Fails = path => path.Contains("step=4", StringComparison.Ordinal) };
        var callback = Make();

        Fit(storage, [callback], CheckpointFailurePolicy.Continue, 0.5, 0.3, 0.6);

        Assert.AreSequenceEqual(new[] { $"{Folder}/epoch=0-step=2.ckpt" }, storage.Files);
        Assert.IsEmpty(storage.Removed);
        Assert.AreEqual(0.5, callback.BestModelScore);
        Assert.AreSequenceEqual(new[] { $"{Folder}/epoch=0-step=2.ckpt" }, callback.BestKModels.Keys);
    }

    [TestMethod]
    public void Fit_MetricWasNeverLogged_NamesWhatWas()
    {
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { Monitor = "val_accuracy", DirPath = Folder });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(new HeldCheckpointIO { Open = true }, callback, 0.5));

        Assert.AreEqual(
            "ModelCheckpoint monitors 'val_accuracy', which was not logged. Logged so far: val_loss. Log it in the module, or set Monitor "
                + "to one of these.",
            error.Message);
    }

    [TestMethod]
    public void Fit_StepTriggerBetweenValidations_NeverUsesAnOldMetric()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = new ModelCheckpoint(
            new ModelCheckpointOptions { Monitor = "val_loss", DirPath = Folder, EveryNTrainSteps = 3, SaveLast = true, SaveTopK = -1 });

        Fit(storage, callback, 0.5, 0.3, 0.4);

        Assert.AreSequenceEqual(
            new[] { "epoch=1-step=4.ckpt", "epoch=2-step=6.ckpt" },
            callback.BestKModels.Keys.Select(Path.GetFileName),
            "the save waits for the validation");
        Assert.AreSequenceEqual(new[] { 0.3, 0.4 }, callback.BestKModels.Values);
    }

    [TestMethod]
    public void Fit_AnotherRunsFilesInTheFolder_AreLeftAlone()
    {
        var storage = new HeldCheckpointIO { Open = true };
        storage.Place($"{Folder}/last.ckpt");
        storage.Place($"{Folder}/epoch=0-step=2.ckpt");
        var foreign = storage.LoadCheckpointAsync($"{Folder}/last.ckpt", null, CancellationToken.None).Result;

        Fit(storage, Make(last: true), 0.5);

        Assert.IsTrue(Loaded(storage, "last.ckpt").Root.Count == foreign.Root.Count, "the other run's file is as it was");
        Assert.AreSequenceEqual(
            new[] { "epoch=0-step=2-v1.ckpt", "epoch=0-step=2.ckpt", "last-v1.ckpt", "last.ckpt" },
            storage.Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public void Fit_ResumedInAMovedFolder_KeepsItsBest()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var original = Make(last: true);
        Fit(storage, original, 0.2, 0.4);
        const string moved = "/moved";
        storage.Place($"{moved}/epoch=0-step=2.ckpt");
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { Monitor = "val_loss", DirPath = moved, SaveLast = true });
        var state = original.StateDict();

        callback.LoadStateDict(state);
        Fit(storage, callback, 0.3);

        Assert.AreEqual($"{moved}/epoch=0-step=2.ckpt", callback.BestModelPath);
        Assert.AreEqual(0.2, callback.BestModelScore);
    }

    [TestMethod]
    public void Fit_FilenameWithMetric_HoldsItsValue()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = new ModelCheckpoint(new ModelCheckpointOptions
        {
            Monitor = "val_loss",
            DirPath = Folder,
            Filename = "model-{epoch:00}-{val_loss:0.000}",
        });

        Fit(storage, callback, 0.25);

        Assert.AreSequenceEqual(new[] { "model-epoch=00-val_loss=0.250.ckpt" }, storage.Files.Select(Path.GetFileName));
    }

    [TestMethod]
    [DataRow(2, new[] { 0.3, 0.4 })]
    [DataRow(-1, new[] { 0.3, 0.4, 0.5, 0.6 })]
    [DataRow(0, new double[0])]
    public void Fit_TopK_KeepsThatMany(int limit, double[] expected)
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { Monitor = "val_loss", DirPath = Folder, SaveTopK = limit });

        Fit(storage, callback, 0.6, 0.3, 0.5, 0.4);

        Assert.AreSequenceEqual(expected, callback.BestKModels.Values.Order());
        Assert.AreEqual(expected.Length, storage.Files.Count());
    }

    [TestMethod]
    [DataRow(-1, false, new[] { 0, 1, 2, 3, 4 })]
    [DataRow(1, false, new[] { 4 })]
    [DataRow(2, false, new[] { 2, 4 })]
    [DataRow(3, false, new[] { 2, 3, 4 })]
    [DataRow(4, false, new[] { 1, 2, 3, 4 })]
    [DataRow(1, true, new[] { 4 })]
    [TestProperty("Behaviour", "TR1")]
    public void Fit_TopKOfFive_KeepsTheBestEpochs(int limit, bool last, int[] epochs)
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = new ModelCheckpoint(
            new ModelCheckpointOptions { Monitor = "val_loss", DirPath = Folder, SaveTopK = limit, SaveLast = last, Filename = "{epoch}" });

        Fit(storage, callback, 10, 9, 2.8, 5, 2.5);

        var expected = epochs.Select(epoch => $"epoch={epoch}.ckpt").Concat(last ? ["last.ckpt"] : []);
        Assert.AreSequenceEqual(expected, storage.Files.Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public void Fit_NotANumber_IsNeverTheBest()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = Make();

        Fit(storage, callback, double.NaN, 0.7, double.NaN);

        Assert.AreEqual(0.7, callback.BestModelScore);
    }

    [TestMethod]
    public void Fit_NoMonitor_KeepsTheNewest()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder });

        Fit(storage, callback, 0.1, 0.5, 0.6);

        Assert.AreSequenceEqual(new[] { $"{Folder}/epoch=2-step=6.ckpt" }, storage.Files);
    }

    [TestMethod]
    [DataRow("{epoch:02d}-{val_loss:.2f}", "and '02d' is no number format of .NET. Write 0.00 for two decimals, or 000 for three digits.")]
    [DataRow("{val_loss:Q}", "and 'Q' is no number format of .NET. Write 0.00 for two decimals, or 000 for three digits.")]
    [DataRow("../{step}", "which leaves the folder of the checkpoints. Set DirPath for another folder.")]
    public void Constructor_FilenameThatCannotBe_SaysWhatToWrite(string filename, string problem)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new ModelCheckpointOptions { Filename = filename }));

        Assert.StartsWith($"ModelCheckpointOptions: Filename is '{filename}', {problem}", error.Message);
    }

    [TestMethod]
    public void Constructor_SeveralBestWithoutMetric_SaysWhatToSet()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new ModelCheckpointOptions { SaveTopK = 3 }));

        Assert.StartsWith("ModelCheckpointOptions: SaveTopK is 3 and Monitor is not set:", error.Message);
    }

    private static ModelCheckpoint Make(bool last = false) =>
        new(new ModelCheckpointOptions { Monitor = "val_loss", DirPath = Folder, SaveLast = last });

    private static TrainingState Loaded(HeldCheckpointIO storage, string name) =>
        storage.LoadCheckpointAsync($"{Folder}/{name}", null, CancellationToken.None).Result;

    private static void Fit(HeldCheckpointIO storage, Callback callback, params double[] losses) =>
        Fit(storage, [callback], CheckpointFailurePolicy.FailAtEnd, losses);

    private static void Fit(HeldCheckpointIO storage, Callback[] callbacks, params double[] losses) =>
        Fit(storage, callbacks, CheckpointFailurePolicy.FailAtEnd, losses);

    private static void Fit(HeldCheckpointIO storage, Callback[] callbacks, CheckpointFailurePolicy policy, params double[] losses)
    {
        using var module = new ScriptedModule(losses);
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = losses.Length, OnCheckpointFailure = policy },
            callbacks).Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));
    }

    /// <summary>Comes after the checkpoint callback under test, as a checkpoint callback itself.</summary>
    private sealed class Probe(Action<int> onValidationEnd) : Checkpoint
    {
        private int _validations;

        public override void OnValidationEnd(OnValidationEndArguments arguments) => onValidationEnd(++_validations);
    }
}
