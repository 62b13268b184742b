namespace Fulgurite.Tests.Core.Checkpointing;

/// <summary>Tensors that a checkpoint cannot be loaded into are refused by name, before anything is changed.</summary>
[TestClass]
public sealed class UnloadableTensorTests
{
    private static readonly Dictionary<string, Func<Tensor>> Buffers = new(StringComparer.Ordinal)
    {
        ["expanded"] = () => zeros(1).expand(10),
        ["expanded rows"] = () => arange(6, dtype: float32).expand(3, 6),
        ["windows"] = () => zeros(10).as_strided([4, 4], [2, 1]),
        ["sparse"] = () => ones(3).to_sparse(),
        ["transposed"] = () => rand(2, 3).t(),
        ["slice"] = () => rand(10, 10)[TensorIndex.Ellipsis, TensorIndex.Slice(2, 5)],
        ["interleaved"] = () => zeros(12).as_strided([3, 2], [2, 3]),
        ["empty"] = () => zeros(0, 3),
        ["scalar"] = () => tensor(5f),
        ["expanded by one"] = () => zeros(3).unsqueeze(0).expand(1, -1),
    };

    [TestMethod]
    [TestProperty("Behaviour", "RS15")]
    [DataRow("expanded", "has elements that share memory (strides [0]")]
    [DataRow("expanded rows", "has elements that share memory (strides [0, 1]")]
    [DataRow("windows", "has elements that share memory (strides [2, 1]")]
    [DataRow("sparse", "is sparse")]
    public void Fit_BufferThatCouldNotBeLoaded_IsRefusedByNameWhenItBegins(string kind, string reason)
    {
        using var module = new BufferModule(Buffers[kind]());

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The buffer 'running' of BufferModule ", error.Message);
        Assert.Contains(reason, error.Message);
        Assert.Contains("persistent: false", error.Message);
        Assert.AreEqual(0, module.Steps);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS15")]
    [DataRow("transposed")]
    [DataRow("slice")]
    [DataRow("interleaved")]
    [DataRow("empty")]
    [DataRow("scalar")]
    [DataRow("expanded by one")]
    public void Fit_BufferOfAnotherLayout_SavesAndLoads(string kind)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new BufferModule(Buffers[kind]());
        Trainer(storage).Fit(module, LineModule.Batches(2));
        using var other = new BufferModule(Buffers[kind]().zero_());

        Trainer(storage).LoadWeights(other, "batch2.ckpt");

        Assert.IsTrue(module.Running.equal(other.Running).all().item<bool>());
    }

    [TestMethod]
    public void Fit_ExpandedParameter_IsRefusedByName()
    {
        using var module = new BufferModule(ones(1), new Parameter(zeros(1).expand(4)));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The parameter 'scale' of BufferModule of shape [4] has elements that share memory", error.Message);
    }

    [TestMethod]
    public void Fit_ExpandedBufferThatIsNotSaved_IsFine()
    {
        using var module = new BufferModule(Buffers["expanded"](), persistent: false);

        Assert.AreEqual(2, Trainer().Fit(module, LineModule.Batches(2)).GlobalStep);
    }

    [TestMethod]
    [TestProperty("Behaviour", "RS15")]
    [DataRow("LoadWeights")]
    [DataRow("Validate")]
    [DataRow("LoadFromCheckpoint")]
    [DataRow("Fit")]
    [DataRow("Trial")]
    public void Load_IntoAnExpandedBuffer_IsRefusedByNameAndChangesNothing(string how)
    {
        var storage = new InMemoryCheckpointIO();
        using (var saved = new BufferModule(zeros(10)))
        {
            Trainer(storage).Fit(saved, LineModule.Batches(2));
        }

        using var module = new BufferModule(Buffers["expanded"]());
        using (no_grad())
        {
            module.Line.weight!.fill_(50);
        }

        var trainer = Trainer(storage);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
        {
            switch (how)
            {
                case "LoadWeights":
                    trainer.LoadWeights(module, "batch2.ckpt");
                    break;
                case "Validate":
                    trainer.Validate(module, LineModule.Batches(1), "batch2.ckpt");
                    break;
                case "Fit":
                    trainer.Fit(module, LineModule.Batches(1), checkpointPath: "batch2.ckpt");
                    break;
                case "Trial":
                    trainer.RunTrial(module, LineModule.Batches(1), 1);
                    break;
                default:
                    trainer.LoadFromCheckpoint("batch2.ckpt", _ => new BufferModule(Buffers["expanded"]()));
                    break;
            }
        });

        Assert.Contains("The buffer 'running' of BufferModule of shape [10] has elements that share memory", error.Message);
        Assert.IsTrue(module.Line.weight!.data<float>().ToArray().All(weight => weight == 50));
    }

    [TestMethod]
    public void Fit_ResumeWithoutTheExpandedBufferInTheFile_IsRefusedByName()
    {
        var storage = new InMemoryCheckpointIO();
        using (var saved = new BufferModule(zeros(10), persistent: false))
        {
            Trainer(storage).Fit(saved, LineModule.Batches(2));
        }

        using var module = new BufferModule(Buffers["expanded"]()) { Strict = false };
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Trainer(storage).Fit(module, LineModule.Batches(2), checkpointPath: "batch2.ckpt"));

        Assert.StartsWith("The buffer 'running' of BufferModule of shape [10] has elements that share memory", error.Message);
        Assert.AreEqual(0, module.Steps);
    }

    [TestMethod]
    public void LoadWeights_DisposedTensor_IsRefusedByName()
    {
        using var module = new BufferModule(zeros(2));
        using var live = new TrainingState { ["state_dict"] = new StateMap() };
        foreach (var (name, tensor) in module.state_dict())
        {
            live["state_dict"].AsMap()[name] = TensorData.FromTensor(tensor);
        }

        using var state = live.Copy();
        module.Running.Dispose();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().LoadWeights(module, state));

        // TorchSharp leaves a disposed tensor out of the tensors of its module.
        Assert.Contains("Missing in the checkpoint: nothing. Unknown to the module: running.", error.Message);
    }

    [TestMethod]
    public void LoadWeights_ComplexIntoReal_IsRefusedByName()
    {
        using var module = new BufferModule(zeros(2));
        using var state = new TrainingState { ["state_dict"] = new StateMap() };
        foreach (var (name, tensor) in module.state_dict())
        {
            state["state_dict"].AsMap()[name] = TensorData.FromTensor(name == "running" ? tensor.to(complex64) : tensor);
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().LoadWeights(module, state));

        Assert.Contains("'running' is complex in it and Float32 in the module", error.Message);
    }

    private static Trainer Trainer(InMemoryCheckpointIO? storage = null) =>
        new(
            new SingleDeviceStrategy(storage ?? new InMemoryCheckpointIO()),
            new() { MaxEpochs = 1 },
            [new SavingCheckpoint { AtBatchEnd = _ => true }]);

    private sealed class BufferModule : TrainingModule<Tensor>
    {
        public BufferModule(Tensor running, Parameter? scale = null, bool persistent = true)
            : base(nameof(BufferModule))
        {
            Running = running;
            register_module("line", Line);
            register_buffer("running", running, persistent);
            if (scale is not null)
            {
                register_parameter("scale", scale);
            }
        }

        public Linear Line { get; } = nn.Linear(4, 1);

        public Tensor Running { get; }

        public int Steps { get; private set; }

        public bool? Strict { get; init; }

        public override bool? StrictLoading => Strict;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            Steps++;
            return Line.call(batch).pow(2).mean();
        }
    }
}
