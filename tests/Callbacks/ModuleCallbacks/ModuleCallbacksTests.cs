namespace Fulgurite.Tests.Callbacks.ModuleCallbacks;

[TestClass]
public sealed class ModuleCallbacksTests
{
    private readonly SavingCallback _saving = new();
    private readonly EarlyStopping _stopping = new(new EarlyStoppingOptions { Strict = false });
    private readonly LambdaCallback _lambda = new();

    [TestMethod]
    [TestProperty("Behaviour", "CB3")]
    public void Fit_ModuleBringsCallbacks_OfTheSameClassTheyReplaceTheTrainersAndOthersAreAdded()
    {
        var own = new EarlyStopping(new EarlyStoppingOptions { Strict = false });
        var timer = new TrainingTimer();
        var trainer = Trainer(_stopping, _saving, _lambda);

        Fit(trainer, own, timer);

        Assert.AreSequenceEqual<Callback>([_lambda, own, timer, _saving], trainer.Callbacks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CB4")]
    public void Fit_ModuleReplacesCallbacks_SaysWhich()
    {
        var factory = new CollectingLogger();
        using var module = new NormModule
        {
            OwnCallbacks = () => [new EarlyStopping(new EarlyStoppingOptions { Strict = false }), new TrainingTimer()],
        };
        var trainer = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxSteps = 1 },
            [_stopping, _lambda],
            loggerFactory: factory);

        trainer.Fit(module, new NumberedData(1));

        Assert.AreSequenceEqual(
            ["ConfigureCallbacks of NormModule replaces callbacks of the trainer: EarlyStopping"],
            factory.Messages.Where(message => message.StartsWith("ConfigureCallbacks", StringComparison.Ordinal)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "CB1")]
    [DataRow(new[] { "saving", "lambda", "stopping" }, new string[0], new[] { "lambda", "stopping", "saving" })]
    [DataRow(new[] { "saving", "other-saving", "lambda" }, new string[0], new[] { "lambda", "saving", "other-saving" })]
    [DataRow(new[] { "lambda", "stopping" }, new[] { "saving", "timer" }, new[] { "lambda", "stopping", "timer", "saving" })]
    [DataRow(new[] { "saving", "lambda" }, new[] { "new-saving" }, new[] { "lambda", "new-saving" })]
    public void Fit_Checkpoints_ComeLastInTheirOrderAndThoseOfTheModuleReplaceTheTrainers(string[] own, string[] brought, string[] expected)
    {
        var parts = new Dictionary<string, Callback>(StringComparer.Ordinal)
        {
            ["saving"] = _saving,
            ["other-saving"] = new OtherSaving(),
            ["new-saving"] = new SavingCallback(),
            ["lambda"] = _lambda,
            ["stopping"] = _stopping,
            ["timer"] = new TrainingTimer(),
        };
        var trainer = Trainer([.. own.Select(name => parts[name])]);

        Fit(trainer, [.. brought.Select(name => parts[name])]);

        Assert.AreSequenceEqual(expected, trainer.Callbacks.Select(callback => parts.Single(part => part.Value == callback).Key));
        Assert.AreSequenceEqual(trainer.Callbacks.OfType<Checkpoint>(), trainer.CheckpointCallbacks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CB2")]
    public void Save_StatesOfAllCallbacks_AreInTheFileThoseOfCheckpointsToo()
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var module = new NormModule();

        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxSteps = 1 },
            [
                new ModelCheckpoint(new ModelCheckpointOptions { SaveLast = true, DirPath = "/here" }),
                new Stateful("a", 1),
                new Stateful("b", 2),
            ]).Fit(module, new NumberedData(1));

        using var state = storage.Read("/here/last.ckpt");
        var callbacks = state["callbacks"].AsMap();
        Assert.AreEqual(1, callbacks["a"].AsMap()["number"].AsInteger());
        Assert.AreEqual(2, callbacks["b"].AsMap()["number"].AsInteger());
        Assert.ContainsSingle(callbacks.Keys.Where(key => key.ToString().StartsWith("ModelCheckpoint", StringComparison.Ordinal)));
    }

    [TestMethod]
    [TestProperty("Behaviour", "CA1")]
    public void Run_SameModuleAgain_IsNotAskedAgainAndDuplicatesNothing()
    {
        var asked = 0;
        using var module = new NormModule
        {
            OwnCallbacks = () =>
            {
                asked++;
                return [new TrainingTimer()];
            },
        };
        var trainer = Trainer(_lambda);
        trainer.Fit(module, new NumberedData(1));
        var callbacks = trainer.Callbacks.ToList();

        trainer.Validate(module, new NumberedData(1));
        trainer.Fit(module, new NumberedData(1));

        Assert.AreEqual(1, asked);
        Assert.HasCount(2, callbacks);
        Assert.AreSequenceEqual(callbacks, trainer.Callbacks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CA1")]
    public void Run_AnotherModule_MeetsTheTrainersOwnCallbacksOnly()
    {
        var trainer = Trainer(_stopping);
        Fit(trainer, new EarlyStopping(new EarlyStoppingOptions { Strict = false }), new TrainingTimer());

        Fit(trainer);

        Assert.AreSequenceEqual<Callback>([_stopping], trainer.Callbacks);
    }

    [TestMethod]
    public void Fit_ModuleBringsACheckpointWhereTheyAreDisabled_SaysSoAndLeavesTheTrainerUsable()
    {
        var trainer = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxSteps = 1, EnableCheckpointing = false });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(trainer, _saving));

        Assert.StartsWith("EnableCheckpointing is false and ConfigureCallbacks of NormModule returns a SavingCallback", error.Message);
        Fit(trainer);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CB6")]
    [DataRow("twice")]
    [DataRow("stateless between")]
    [DataRow("other class")]
    public void Constructor_TwoStatesUnderOneKey_IsRefused(string kind)
    {
        Callback[] callbacks = kind switch
        {
            "twice" => [new Stateful("a", 1), new Stateful("a", 2)],
            "stateless between" => [new Stateful("a", 1), new LambdaCallback(), new Stateful("a", 2)],
            _ => [new Stateful("a", 1), new OtherStateful()],
        };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(callbacks));

        Assert.StartsWith("2 callbacks keep their state under the key 'a'", error.Message);
        Assert.Contains("Give each another Name", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CB7")]
    public void Constructor_StatelessTwiceOrStatesUnderTheirOwnKeys_IsAccepted()
    {
        Assert.HasCount(2, Trainer(new LambdaCallback(), new LambdaCallback()).Callbacks);
        Assert.HasCount(2, Trainer(new LambdaCallback(), new Stateful("a", 1)).Callbacks);
        Assert.HasCount(3, Trainer(new Stateful("a", 1), new Stateful("b", 1), new OtherStateful { Key = "c" }).Callbacks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CA3")]
    public void Fit_ResumedWithFewerCallbacks_WarnsAndAnotherOrderDoesNot()
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var module = new NormModule();
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxSteps = 1 },
            [_saving, new Stateful("a", 1), new Stateful("b", 2)]).Fit(module, new NumberedData(2));

        List<string> Resume(params Callback[] callbacks)
        {
            var factory = new CollectingLogger();
            new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 2 }, callbacks, loggerFactory: factory)
                .Fit(module, new NumberedData(2), checkpointPath: "final.ckpt");
            return [.. factory.Messages.Where(message => message.Contains("callbacks", StringComparison.Ordinal))];
        }

        Assert.IsEmpty(Resume(new Stateful("b", 2), new Stateful("a", 1)));
        Assert.AreSequenceEqual(
            ["The checkpoint final.ckpt has the state of callbacks that the trainer does not have: a"], Resume(new Stateful("b", 2)));
    }

    private static Trainer Trainer(params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(new HeldCheckpointIO { Open = true }), new TrainerOptions { MaxSteps = 1 }, callbacks);

    private static void Fit(Trainer trainer, params Callback[] brought)
    {
        using var module = new NormModule { OwnCallbacks = () => brought };
        trainer.Fit(module, new NumberedData(1));
    }

    private sealed class OtherSaving : Checkpoint
    {
        public override string StateKey => "other saving";
    }

    private sealed class Stateful(string key, int number) : Callback
    {
        public override string StateKey => key;

        public override StateMap StateDict() => new() { ["number"] = number };
    }

    private sealed class OtherStateful : Callback
    {
        public string Key { get; init; } = "a";

        public override string StateKey => Key;

        public override StateMap StateDict() => new();
    }
}
