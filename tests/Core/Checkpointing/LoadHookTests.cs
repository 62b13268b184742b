namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>The hook of a module adapts itself, or what was loaded, before anything is compared.</summary>
[TestClass]
public sealed class LoadHookTests : IDisposable
{
    private readonly InMemoryCheckpointIO _storage = new();

    public static IEnumerable<object[]> Ways => [["Fit"], ["Validate"], ["Test"], ["LoadFromCheckpoint"]];

    public void Dispose() => _storage.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [TestMethod]
    [TestProperty("Behaviour", "RS14")]
    [DynamicData(nameof(Ways))]
    public void OnLoadCheckpoint_ModuleTakesTheSizesOfTheFile_ItLoads(string how)
    {
        Save(new BankModule(7));
        using var module = new BankModule(3);

        using var loaded = Load(how, module, "bank.ckpt");

        Assert.AreSequenceEqual(new long[] { 7, 2 }, loaded.Vocabulary.shape);
        Assert.AreSequenceEqual(new long[] { 7 }, loaded.Bank.shape);
        Assert.AreEqual(7f, loaded.Bank.sum().item<float>());
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS14")]
    [DynamicData(nameof(Ways))]
    public void OnLoadCheckpoint_RenamesAndDropsKeysOfAnOlderFile_ItLoads(string how)
    {
        Save(new BankModule(3), rename: true);
        using var module = new BankModule(3) { Migrates = true };

        using var loaded = Load(how, module, "old.ckpt");

        Assert.AreEqual(3f, loaded.Bank.sum().item<float>());
        Assert.IsNotNull(_storage["old.ckpt"].Find("state_dict.old_bank"), "what was loaded from is as it was");
    }

    [TestMethod]
    public void OnLoadCheckpoint_LeavesADifference_NothingIsChanged()
    {
        Save(new BankModule(3), rename: true);
        using var module = new BankModule(3);
        var before = module.Vocabulary.data<float>().ToArray();

        Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(module, LineModule.Batches(1), checkpointPath: "old.ckpt"));

        Assert.AreSequenceEqual(before, module.Vocabulary.data<float>().ToArray());
    }

    private BankModule Load(string how, BankModule module, string path)
    {
        if (how == "LoadFromCheckpoint")
        {
            return Trainer().LoadFromCheckpoint(path, _ => new BankModule(3) { Migrates = module.Migrates });
        }

        _ = how switch
        {
            "Fit" => Trainer(2).Fit(module, LineModule.Batches(2), checkpointPath: path) as object,
            "Validate" => Trainer().Validate(module, LineModule.Batches(1), path),
            _ => Trainer().Test(module, LineModule.Batches(1), path),
        };
        return module;
    }

    private void Save(BankModule module, bool rename = false)
    {
        using (module)
        {
            var saving = new SavingCheckpoint { AtBatchEnd = _ => true };
            new Trainer(new SingleDeviceStrategy(_storage), new() { MaxEpochs = 1 }, [saving]).Fit(module, LineModule.Batches(1));
        }

        using var state = _storage["batch1.ckpt"].Edit();
        if (rename)
        {
            var weights = state["state_dict"].AsMap();
            weights["old_bank"] = weights["bank"];
            weights["gone"] = weights["bank"];
            weights.Remove("bank");
        }

        _storage.SaveCheckpointAsync(state, rename ? "old.ckpt" : "bank.ckpt", null, default).GetAwaiter().GetResult();
    }

    private Trainer Trainer(int epochs = 1) =>
        new(new SingleDeviceStrategy(_storage), new() { MaxEpochs = epochs }, [new SavingCheckpoint()]);

    private sealed class BankModule : TrainingModule<Tensor>
    {
        private readonly Embedding _embedding;

        public BankModule(long size)
            : base(nameof(BankModule))
        {
            _embedding = nn.Embedding(size, 2);
            Bank = ones(size);
            register_module("vocabulary", _embedding);
            register_buffer("bank", Bank);
        }

        public Parameter Vocabulary => _embedding.weight!;

        public Tensor Bank { get; }

        public bool Migrates { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => Vocabulary.pow(2).mean();

        public override void TestStep(Tensor batch, int batchIndex)
        {
        }

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments)
        {
            var weights = arguments.State["state_dict"].AsMap();
            if (Migrates)
            {
                weights["bank"] = weights["old_bank"];
                weights.Remove("old_bank");
                weights.Remove("gone");
            }

            if (weights.TryGetValue("bank", out var bank))
            {
                using var _ = no_grad();
                var size = bank.AsTensor().Shape[0];
                Bank.set_(zeros(size));
                _embedding.weight = new Parameter(zeros(size, 2));
            }
        }
    }
}
