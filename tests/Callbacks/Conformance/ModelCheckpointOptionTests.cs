using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>What options mean, and which go together; needs no storage.</summary>
[TestClass]
public sealed class ModelCheckpointOptionTests : SuiteBase
{
    private static readonly Dictionary<string, double> Metrics = new(StringComparer.Ordinal)
    {
        ["acc"] = 1,
        ["acc_top5"] = 0.5,
        ["val/loss"] = 0.25,
        ["a.b@c"] = 2,
    };

    [TestMethod]
    [TestProperty("Behaviour", "MC1")]
    public void SaveTopK_BelowMinusOne_IsRefused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new ModelCheckpointOptions { SaveTopK = -3 }));

        Assert.StartsWith("ModelCheckpointOptions.SaveTopK is -3; allowed is -1 or more.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC2")]
    public void SaveTopK_NoMonitor_AllowsAllNoneAndOne()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new ModelCheckpointOptions { SaveTopK = 3 }));
        foreach (var limit in new[] { -1, 0, 1 })
        {
            Assert.AreEqual(limit, new ModelCheckpoint(new ModelCheckpointOptions { SaveTopK = limit }).Options.SaveTopK);
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC3")]
    [TestProperty("Behaviour", "MC4")]
    public void Frequencies_Negative_AreRefused()
    {
        Assert.Contains(
            "EveryNEpochs is -3",
            Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new ModelCheckpointOptions { EveryNEpochs = -3 })).Message);
        Assert.Contains(
            "EveryNTrainSteps is -3",
            Assert.ThrowsExactly<ArgumentException>(
                () => new ModelCheckpoint(new ModelCheckpointOptions { EveryNTrainSteps = -3 })).Message);
        for (var every = 0; every < 3; every++)
        {
            _ = new ModelCheckpoint(new ModelCheckpointOptions { EveryNEpochs = every });
            _ = new ModelCheckpoint(new ModelCheckpointOptions { EveryNTrainSteps = every });
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC5")]
    [DataRow(1, 2, false, false)]
    [DataRow(1, 0, true, false)]
    [DataRow(0, 2, true, false)]
    [DataRow(1, 2, true, false)]
    [DataRow(0, 0, true, true)]
    [DataRow(1, 0, false, true)]
    [DataRow(0, 2, false, true)]
    [DataRow(0, 0, false, true)]
    public void Triggers_MoreThanOne_AreRefused(int steps, int epochs, bool time, bool allowed)
    {
        var options = new ModelCheckpointOptions
        {
            EveryNTrainSteps = steps,
            EveryNEpochs = epochs,
            TrainTimeInterval = time ? TimeSpan.FromMinutes(1) : null,
        };

        if (allowed)
        {
            _ = new ModelCheckpoint(options);
        }
        else
        {
            Assert.Contains("more than one is set", Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(options)).Message);
        }
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC6")]
    public void Triggers_NoneGiven_AreEveryEpoch()
    {
        Assert.AreEqual(1, Assert.IsInstanceOfType<EveryNEpochsTrigger>(new ModelCheckpoint().Trigger).Epochs);
        Assert.AreEqual(
            1,
            Assert.IsInstanceOfType<EveryNEpochsTrigger>(
                new ModelCheckpoint(new ModelCheckpointOptions { EveryNTrainSteps = 0 }).Trigger).Epochs);
        Assert.IsInstanceOfType<NeverTrigger>(new ModelCheckpoint(new ModelCheckpointOptions { EveryNEpochs = 0 }).Trigger);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC7")]
    public void Mode_Unknown_IsRefused() =>
        Assert.Contains(
            "ModelCheckpointOptions.Mode is 7; allowed is Min, Max.",
            Assert.ThrowsExactly<ArgumentException>(
                () => new ModelCheckpoint(new ModelCheckpointOptions { Mode = (MonitorMode)7 })).Message);

    [TestMethod]
    [TestProperty("Behaviour", "MC8")]
    [DataRow("yes", "true")]
    [DataRow("True", "true")]
    [DataRow("true", "true")]
    [DataRow("no", "false")]
    [DataRow("False", "false")]
    [DataRow("false", "false")]
    [DataRow("link", "link")]
    public void SaveLast_FromAConfiguration_IsRead(string text, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("SaveLast", text)]).Build();
        var options = new ModelCheckpointOptions();

        configuration.Bind(options);

        Assert.AreEqual(expected, options.SaveLast.ToString());
        Assert.ThrowsExactly<FormatException>(() => SaveLast.Parse("maybe"));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC9")]
    [TestProperty("Behaviour", "CF1")]
    public async Task Trainer_Callbacks_DefaultOneSeveralOrNone()
    {
        await using var none = Trainer.Create();
        await using var one = Trainer.Create(b => b.AddCallback<ModelCheckpoint>(o => o.Filename = "mine"));
        await using var two = Trainer.Create(
            b => b.AddCallback<ModelCheckpoint>(o => o.Filename = "a").AddCallback<ModelCheckpoint>(o => o.Filename = "b"));
        await using var off = Trainer.Create(b => b.Configure(o => o.EnableCheckpointing = false));

        Assert.IsInstanceOfType<ModelCheckpoint>(none.CheckpointCallbacks.Single());
        Assert.AreEqual("mine", ((ModelCheckpoint)one.CheckpointCallbacks.Single()).Options.Filename);
        Assert.AreSequenceEqual(["a", "b"], two.CheckpointCallbacks.Cast<ModelCheckpoint>().Select(callback => callback.Options.Filename));
        Assert.IsEmpty(off.CheckpointCallbacks);
        var error = Assert.Throws<Exception>(
            () => Trainer.Create(b => b.Configure(o => o.EnableCheckpointing = false).AddCallback<ModelCheckpoint>()));
        Assert.Contains("EnableCheckpointing is false", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC10")]
    public void StateKey_NamesWhatTellsCallbacksApart()
    {
        Assert.AreEqual(
            "ModelCheckpoint{'monitor': 'val_loss', 'mode': 'max', 'every_n_train_steps': 5, 'every_n_epochs': 0, 'train_time_interval': "
                + "None, 'filename': '{epoch}-{step}', 'name': None}",
            new ModelCheckpoint(
                new ModelCheckpointOptions { Monitor = "val_loss", Mode = MonitorMode.Max, EveryNTrainSteps = 5 }).StateKey);
        Assert.AreNotEqual(
            new ModelCheckpoint(new ModelCheckpointOptions { Filename = "a" }).StateKey,
            new ModelCheckpoint(new ModelCheckpointOptions { Filename = "b" }).StateKey);
        Assert.AreNotEqual(new ModelCheckpoint().StateKey, new ModelCheckpoint(new ModelCheckpointOptions { Name = "second" }).StateKey);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC11")]
    [TestProperty("Behaviour", "RS6")]
    public void State_ThroughAFile_IsThatOfTheRun()
    {
        var run = Fit(o => (o.Monitor, o.SaveTopK, o.SaveLast) = ("val", 2, true), epochs: 3).Succeeded();

        using var file = Load("last.ckpt");

        var (now, saved) = (run.Callback.StateDict(), StateOf(file, run.Callback));
        Assert.AreSequenceEqual(now.Keys.Select(key => key.ToString()), saved.Keys.Select(key => key.ToString()));
        using var first = new TrainingState { ["callback"] = now };
        using var second = new TrainingState { ["callback"] = saved };
        StateAssert.AreSame(first, second);
        Assert.HasCount(2, saved["best_k_models"].AsMap());
        Assert.HasCount(3, saved["files"].AsMap(), "the one that was replaced too: it is what is there where the newest save fails");
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC12")]
    public void HyperParameters_AreAPlainMap()
    {
        Fit(o => o.SaveLast = true).Succeeded();
        using var state = Load("last.ckpt");

        Assert.AreEqual(2, state["hyper_parameters"].AsMap()["width"].AsInteger());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC14")]
    public void DirPath_None_IsTheSameWhateverLoggersThereAre()
    {
        var logger = new CollectingMetricLogger();

        var run = Fit(o => o.DirPath = null, loggers: [logger], trainer: o => o.LogEveryNSteps = 1).Succeeded();

        Assert.IsNotEmpty(logger.Entries);
        Assert.AreEqual(Path.Combine(Folder, "checkpoints", "epoch=0-step=4.ckpt"), run.Callback.BestModelPath);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC15")]
    [DataRow(null, "epoch=3-step=2")]
    [DataRow("", "epoch=3-step=2")]
    [DataRow("plain", "plain")]
    [DataRow("{epoch:000}-{acc}", "epoch=003-acc=1")]
    [DataRow("{acc_top5}-{acc}", "acc_top5=0.5-acc=1")]
    [DataRow("{val/loss:0.00}", "val-loss=0.25")]
    [DataRow("{a.b@c}", "a.b@c=2")]
    [DataRow("{step:0000}_{epoch}", "step=0002_epoch=3")]
    public void Format_Template_IsFilled(string? template, string expected)
    {
        var naming = new CheckpointNaming();

        Assert.AreEqual(expected, naming.Format(template, 3, 2, Metrics));
        Assert.AreEqual("test-" + expected, naming.Format(template, 3, 2, Metrics, prefix: "test"));
        Assert.AreEqual(expected + "-v3.ckpt", naming.WithVersion(expected, 3));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC15")]
    public void Format_OwnCharactersAndNoNames_AreUsed()
    {
        var own = new CheckpointNaming { JoinText = "@", EqualsText = ":" };
        var values = new CheckpointNaming { AutoInsertMetricName = false };

        Assert.AreEqual("p@acc:1", own.Format("{acc}", 0, 0, Metrics, "p"));
        Assert.AreEqual("x@v3.ckpt", own.WithVersion("x", 3));
        Assert.AreEqual("003_1", values.Format("{epoch:000}_{acc}", 3, 0, Metrics));
        Assert.AreEqual(
            "epoch=7",
            own.Format(
                "epoch={x}",
                0,
                0,
                new Dictionary<string,
                double>(StringComparer.Ordinal)
                { ["x"] = 7 }).Replace("x:", string.Empty, StringComparison.Ordinal));
        Assert.Contains(
            "was not logged", Assert.ThrowsExactly<InvalidOperationException>(() => values.Format("{unknown}", 0, 0, Metrics)).Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC18")]
    public void DirPath_Home_IsExpandedAtTheStartOnly()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.AreEqual(home, CheckpointDirectory.Of("~", ".").Path);
        Assert.AreEqual(Path.Combine(home, "runs"), CheckpointDirectory.Of("~/runs", ".").Path);
        Assert.AreEqual(Path.GetFullPath("./~/runs"), CheckpointDirectory.Of("./~/runs", ".").Path);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC19")]
    [DataRow("last", new[] { "last.ckpt" }, 1)]
    [DataRow("last", new[] { "last.ckpt", "last-v1.ckpt", "last-v12.ckpt" }, 3)]
    [DataRow("last", new[] { "last", "last-v1", "lastly.ckpt", "last-x.ckpt", "my-last.ckpt", "last-v.ckpt" }, 0)]
    [DataRow("last-{epoch}", new[] { "last-epoch=3.ckpt", "last-epoch=3-v1.ckpt", "last.ckpt" }, 2)]
    [DataRow("newest", new[] { "last.ckpt", "newest.ckpt" }, 1)]
    [DataRow("last", new[] { "last.model" }, 0)]
    [DataRow(
        "{epoch}-{step}",
        new[]
        {
            "epoch=3-step=12.ckpt",
            "epoch=3-step=12-v2.ckpt",
            "best-epoch=3-step=12.ckpt",
            "on-exception.ckpt",
            "epoch=x-step=1.ckpt",
        },
        2)]
    [DataRow("m/{val/loss:0.00}-{epoch:000}", new[] { "val-loss=0.25-epoch=003.ckpt", "loss=0.25-epoch=003.ckpt" }, 1)]
    [TestProperty("Behaviour", "CC3")]
    public void Matches_FolderLayouts_FindsVersionsOfTheNameOnly(string template, string[] files, int expected)
    {
        Assert.AreEqual(expected, files.Count(file => new CheckpointNaming().Matches(template, file)));
        Assert.AreEqual(1, files.Append("last.own").Count(file => new CheckpointNaming { Extension = ".own" }.Matches("last", file)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC19")]
    [TestProperty("Behaviour", "TR8")]
    public void FindLast_AnEarlierRunsFolder_GivesTheNewest()
    {
        Fit(o => (o.SaveTopK, o.SaveLast) = (0, true), epochs: 1).Succeeded();
        Fit(o => (o.SaveTopK, o.SaveLast) = (0, true), epochs: 2).Succeeded();
        File.SetLastWriteTimeUtc(Path.Combine(Folder, "last.ckpt"), DateTime.UtcNow.AddHours(-1));

        var resumed = Fit(o => (o.SaveTopK, o.SaveLast) = (0, true), epochs: 3, resume: "last").Succeeded();

        Assert.AreEqual(Path.Combine(Folder, "last-v1.ckpt"), resumed.Trainer.ResumedFrom);
        Assert.AreEqual(12, resumed.Trainer.GlobalStep);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC29")]
    [DataRow(null, false, true)]
    [DataRow(null, true, false)]
    [DataRow(true, true, true)]
    [DataRow(false, false, false)]
    public void SaveOnTrainEpochEnd_Undefined_IsDecidedByTheRun(bool? option, bool validates, bool atEpochEnd)
    {
        var trigger = new EveryNEpochsTrigger(1, option);

        Assert.AreEqual(atEpochEnd, trigger.IsDue(new CheckpointMoment(CheckpointMomentKind.TrainEpochEnd, 4, 0, false, validates)));
        Assert.AreEqual(!atEpochEnd, trigger.IsDue(new CheckpointMoment(CheckpointMomentKind.ValidationEnd, 4, 0, false, validates)));
        Assert.IsFalse(trigger.IsDue(new CheckpointMoment(CheckpointMomentKind.TrainBatchEnd, 4, 0, true, validates)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC29")]
    public void Monitor_MetricOfTheEpochsEnd_IsWaitedForThere()
    {
        double[] scores = [0.4, 0.2, 0.3];

        var run = Fit(
            o => (o.Monitor, o.SaveTopK) = ("epoch_metric", -1),
            new PolicyModule { Epoch = epoch => scores[epoch - 1] },
            epochs: 3).Succeeded();

        Assert.AreSequenceEqual(Named((0, 4), (1, 8), (2, 12)), Files());
        Assert.AreEqual(0.2, run.Callback.BestModelScore);
        Assert.AreEqual("epoch=1-step=8.ckpt", run.Best);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC43")]
    public void SaveLastAsLink_StorageWithoutLinks_WritesAFile()
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var module = new PolicyModule();
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = "mem://bucket/run", SaveLast = "link" });
        using var strategy = new SingleDeviceStrategy(storage);

        new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [callback]).Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));

        Assert.AreSequenceEqual(
            new[] { "mem://bucket/run/epoch=1-step=4.ckpt", "mem://bucket/run/last.ckpt" }, storage.Files.Order(StringComparer.Ordinal));
        Assert.AreEqual("mem://bucket/run/last.ckpt", callback.FindLast(new Trainer(strategy)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC53")]
    public void OnException_InTheSanityCheck_SavesNothing()
    {
        var run = Fit(
            o => (o.SaveOnException, o.SaveLast) = (true, true),
            trainer: o => o.SanityValidationSteps = 1,
            others: [new SanityFailure()]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.IsEmpty(run.IO.Saves);
        Assert.IsEmpty(Files());
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC54")]
    public void FastDevRun_SavesNothingWhateverHappens()
    {
        var run = Fit(o => (o.SaveOnException, o.SaveLast, o.EveryNTrainSteps) = (true, true, 1), trainer: o => o.FastDevRun = 2);

        Assert.IsNull(run.Failure, run.Failure?.ToString());
        Assert.AreEqual(2, run.Trainer.GlobalStep);
        Assert.IsEmpty(run.IO.Saves);
    }

    [TestMethod]
    [TestProperty("Behaviour", "MC54")]
    public void OnException_NothingTrained_SavesNothing()
    {
        var run = Fit(
            o => (o.SaveOnException, o.SaveLast) = (true, true),
            others: [new HookCallback { EpochStart = () => throw new InvalidDataException("at once") }]);

        Assert.IsInstanceOfType<InvalidDataException>(run.Failure);
        Assert.IsEmpty(run.IO.Saves, "what an earlier run left is better than weights that nobody trained");
    }

    private sealed class SanityFailure : Callback
    {
        public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) =>
            throw new InvalidDataException("in the check");
    }
}
