namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Sparse gradients of embeddings: every save works, a resumed run is exact, the rest is refused by name.</summary>
[TestClass]
public sealed class SparseGradientTests
{
    private static readonly Dictionary<string, Func<IEnumerable<Parameter>, optim.Optimizer>> Optimizers = new(StringComparer.Ordinal)
    {
        ["plain"] = parameters => optim.SGD(parameters, 0.1),
        ["momentum"] = parameters => optim.SGD(parameters, 0.1, momentum: 0.9),
        ["maximize"] = parameters => optim.SGD(parameters, 0.01, momentum: 0.9, maximize: true),
        ["nesterov"] = parameters => optim.SGD(parameters, 0.1, momentum: 0.9, nesterov: true),
        ["fused plain"] = parameters => new FusedSgd(parameters, 0.1),
        ["fused momentum"] = parameters => new FusedSgd(parameters, 0.1, momentum: 0.9),
        ["fused adam"] = parameters => new FusedAdam(parameters, 0.1),
    };

    public static IEnumerable<(string Optimizer, int Accumulate, int StopAfter)> Stops =>
        from optimizer in Optimizers.Keys
        from accumulate in new[] { 1, 3 }
        from stop in new[] { 1, 2, 5, 7 }
        select (optimizer, accumulate, stop);

    [TestMethod]
    [TestProperty("Behaviour", "OP6")]
    [DynamicData(nameof(Stops))]
    public void Fit_StoppedAndResumed_EqualsARunNeverStopped(string optimizer, int accumulate, int stopAfter)
    {
        var whole = Run(optimizer, accumulate, new InMemoryCheckpointIO());
        var storage = new InMemoryCheckpointIO();
        Run(optimizer, accumulate, storage, stopAfter);

        var resumed = Run(optimizer, accumulate, storage, resumeFrom: "stopped.ckpt");

        Assert.AreSequenceEqual(whole, resumed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP6")]
    [DynamicData(nameof(Stops))]
    public void Fit_ManualModuleStoppedAndResumed_EqualsARunNeverStopped(string optimizer, int accumulate, int stopAfter)
    {
        var whole = Run(optimizer, 1, new InMemoryCheckpointIO(), manual: accumulate);
        var storage = new InMemoryCheckpointIO();
        Run(optimizer, 1, storage, stopAfter, manual: accumulate);

        var resumed = Run(optimizer, 1, storage, resumeFrom: "stopped.ckpt", manual: accumulate);

        Assert.AreSequenceEqual(whole, resumed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP6")]
    [DataRow("plain")]
    [DataRow("momentum")]
    [DataRow("maximize")]
    [DataRow("nesterov")]
    [DataRow("fused plain")]
    [DataRow("fused momentum")]
    public void Fit_SparseGradients_TrainLikeDenseOnes(string optimizer)
    {
        TrainerOptions[] all =
            [new(), new() { GradientClipNorm = 0.1 }, new() { GradientClipValue = 0.02 }, new() { DetectAnomaly = true }];
        foreach (var options in all)
        {
            var sparse = Run(optimizer, 2, new InMemoryCheckpointIO(), options: options);
            var dense = Run(optimizer, 2, new InMemoryCheckpointIO(), options: options, sparse: false);

            for (var index = 0; index < dense.Length; index++)
            {
                var clip = $"norm {options.GradientClipNorm}, value {options.GradientClipValue}, element {index}";
                Assert.AreEqual(dense[index], sparse[index], 1e-5f, clip);
            }
        }
    }

    [TestMethod]
    public void Fit_MomentumOfSparseGradients_IsSavedAsPyTorchHasIt()
    {
        var storage = new InMemoryCheckpointIO();
        Run("momentum", 1, storage, stopAfter: 2);

        var momentum = storage["stopped.ckpt"].Find("optimizer_states.0.state.0.momentum_buffer")!.AsTensor();

        Assert.AreSequenceEqual(new long[] { 10, 4 }, momentum.Shape.ToArray());
    }

    [TestMethod]
    public void Fit_SparseGradientThatIsNoNumber_IsNamed()
    {
        using var module = new EmbeddingModule { Change = AddInfinity };

        var options = new TrainerOptions { MaxEpochs = 1, DetectAnomaly = true };
        var error = Assert.ThrowsExactly<NonFiniteValueException>(() => Fit(module, options, new InMemoryCheckpointIO()));

        Assert.AreEqual("Embedding.weight", error.Tensor);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP7")]
    [DataRow("Adam", "cannot step with sparse gradients, and that of 'Embedding.weight' is sparse.")]
    [DataRow("FusedAdam", "cannot step with the sparse gradient of 'Embedding.weight': its weight_decay is 0.1.")]
    [DataRow("FusedAdamW", "cannot step with the sparse gradient of 'Embedding.weight': its weight_decay is 0.01.")]
    [DataRow("Adagrad", "cannot step with sparse gradients, and that of 'Embedding.weight' is sparse.")]
    [DataRow("RMSProp", "cannot step with sparse gradients, and that of 'Embedding.weight' is sparse.")]
    [DataRow("SGD", "cannot step with the sparse gradient of 'Embedding.weight': its weight_decay is 0.1.")]
    public void Fit_OptimizerThatCannotStepWithSparseGradients_IsRefusedAtTheFirstStep(string kind, string reason)
    {
        using var module = new EmbeddingModule
        {
            Optimizer = parameters => kind switch
            {
                "Adam" => optim.Adam(parameters),
                "FusedAdam" => new FusedAdam(parameters, weight_decay: 0.1),
                "FusedAdamW" => new FusedAdamW(parameters),
                "Adagrad" => optim.Adagrad(parameters),
                "RMSProp" => optim.RMSProp(parameters),
                _ => optim.SGD(parameters, 0.1, weight_decay: 0.1),
            },
        };
        var before = module.Embedding.weight!.data<float>().ToArray();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Fit(module, new() { MaxEpochs = 1 }, new InMemoryCheckpointIO()));

        Assert.StartsWith($"The {kind} of EmbeddingModule {reason}", error.Message);
        Assert.Contains("sparse: false", error.Message);
        Assert.AreSequenceEqual(before, module.Embedding.weight!.data<float>().ToArray());
    }

    [TestMethod]
    [DataRow(new long[] { 4, 3 }, 2)]
    [DataRow(new long[] { 5 }, 1)]
    [DataRow(new long[] { 2, 3, 4 }, 2)]
    public void Clamp_PlacesThatRepeat_HoldsTheirSum(long[] shape, int sparseDimensions)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(3);
        var indices = stack(shape.Take(sparseDimensions).Select(size => randint(0, size, [20], dtype: int64, generator: random)));
        var values = randn([20, .. shape.Skip(sparseDimensions)], generator: random);
        var tensor = sparse_coo_tensor(indices, values, shape);

        var clamped = SparseTensors.Clamp(tensor, 0.5);

        Assert.IsTrue(clamped.to_dense().allclose(tensor.to_dense().clamp(-0.5, 0.5)));
        Assert.IsTrue(SparseTensors.CoalescedValues(tensor).sum().allclose(values.sum(), atol: 1e-5));
    }

    private static float[] Run(
        string optimizer,
        int accumulate,
        InMemoryCheckpointIO storage,
        int? stopAfter = null,
        string? resumeFrom = null,
        TrainerOptions? options = null,
        bool sparse = true,
        int manual = 0)
    {
        using var cancellation = new CancellationTokenSource();
        using var module = new EmbeddingModule(sparse) { Optimizer = Optimizers[optimizer], Manual = manual };
        options ??= new TrainerOptions();
        (options.MaxEpochs, options.AccumulateGradBatches) = (2, accumulate);
        Fit(module, options, storage, resumeFrom, CancelAtStop, cancellation.Token);
        return [.. module.Embedding.weight!.data<float>()];

        void CancelAtStop(Trainer trainer)
        {
            if ((trainer.CurrentEpoch * 4) + trainer.CurrentBatch == stopAfter)
            {
                cancellation.Cancel();
            }
        }
    }

    private static void Fit(
        EmbeddingModule module,
        TrainerOptions options,
        InMemoryCheckpointIO storage,
        string? resumeFrom = null,
        Action<Trainer>? atEnd = null,
        CancellationToken token = default)
    {
        var saving = new SavingCheckpoint
        {
            OnInterruption = true,
            AtBatchEnd = trainer =>
            {
                atEnd?.Invoke(trainer);
                return true;
            },
        };
        new Trainer(new SingleDeviceStrategy(storage), options, [saving])
            .Fit(module, Data(), checkpointPath: resumeFrom, cancellationToken: token);
    }

    private static List<Tensor> Data() =>
        [.. Enumerable.Range(0, 4).Select(index => randint(0, 10, [6], dtype: int64, generator: new Generator((ulong)index + 1)))];

    /// <summary>A finite loss whose gradient of one row is infinite.</summary>
    private static Tensor AddInfinity(EmbeddingModule module, Tensor loss)
    {
        var row = module.Embedding.weight!.detach()[3];
        return loss + ((module.Embedding.call(tensor(new long[] { 3, 3 })) - row).sum() * 1e30f * 1e30f);
    }

    private sealed class EmbeddingModule : TrainingModule<Tensor>
    {
        public EmbeddingModule(bool sparse = true)
            : base(nameof(EmbeddingModule))
        {
            manual_seed(4);
            Line = nn.Linear(4, 2);
            Embedding = nn.Embedding(10, 4, sparse: sparse);
            register_module(nameof(Embedding), Embedding);
            register_module(nameof(Line), Line);
        }

        public Embedding Embedding { get; }

        public Linear Line { get; }

        /// <summary>After how many batches the module steps itself; 0 where the trainer does.</summary>
        public int Manual { get; init; }

        public Func<IEnumerable<Parameter>, optim.Optimizer> Optimizer { get; init; } = static parameters => optim.SGD(parameters, 0.1);

        public Func<EmbeddingModule, Tensor, Tensor> Change { get; init; } = static (_, loss) => loss;

        public override bool AutomaticOptimization => Manual == 0;

        public override OptimizerSetup ConfigureOptimizers() => Optimizer(parameters());

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            var loss = Change(this, (Line.call(Embedding.call(batch)) - 1).pow(2).mean());
            if (Manual == 0)
            {
                return loss;
            }

            ManualBackward(loss);
            if ((batchIndex + 1) % Manual == 0)
            {
                Optimizers[0].ClipGradients(value: 0.5);
                Optimizers[0].Step();
                Optimizers[0].ZeroGrad();
            }

            return null;
        }
    }
}
