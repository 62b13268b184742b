using TorchSharp.Modules;

namespace Fulgurite.Tests.Strategies;

/// <summary>Gradients that are averaged while the backward pass goes on.</summary>
[TestClass]
public sealed class OverlapTests
{
    [TestMethod]
    [DataRow(1, false)]
    [DataRow(3, false)]
    [DataRow(2, true)]
    public void Fit_ModuleWithBlocks_GivesTheSameBitsWithAndWithoutOverlap(int accumulate, bool clips)
    {
        var weights = Enumerable.Range(0, 2).Select(_ => new float[2][]).ToList();
        var early = new int[2];
        for (var overlap = 0; overlap < 2; overlap++)
        {
            var group = new ProcessGroup(2);
            Ranks.Run(2, rank =>
            {
                // A bucket for each parameter of 64 values.
                using var strategy = new InProcessStrategy(new InMemoryCheckpointIO(), group, rank)
                {
                    OverlapBackward = overlap == 1,
                    OverlapBucketBytes = 256,
                };
                using var module = new BlockModule(8) { OnEnd = () => early[overlap] = strategy.Overlap!.StartedEarly };
                weights[overlap][rank] = Fit(strategy, rank, module, accumulate, clips);
            });
        }

        Assert.AreEqual(0, early[0]);
        Assert.IsGreaterThan(2, early[1]);

        Assert.AreSequenceEqual(weights[0][0], weights[1][0]);
        Assert.AreSequenceEqual(weights[0][1], weights[1][1]);
        Assert.AreSequenceEqual(weights[0][0], weights[0][1]);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public void Backward_LastBlocksAreDone_AveragesThemBeforeItEnds()
    {
        var averages = new float[2];
        var during = new int[2];
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var scope = NewDisposeScope();
            using var strategy = new ObservedStrategy(group, rank);
            using var module = new BlockModule(BlockModule.Large);

            // The backward pass waits before the first block, so only buckets of later blocks can start.
            module.BeforeFirstBlock = () =>
            {
                Assert.IsTrue(strategy.Reduced.Wait(TimeSpan.FromSeconds(30)), "no bucket has been averaged during the backward pass");
                during[rank] = strategy.Reductions;
            };
            strategy.SetUp(module);
            strategy.SynchronizesNext = true;
            strategy.Backward(module.Loss(full(2, BlockModule.Large, rank + 1f), usesSecond: true));
            strategy.SynchronizeGradients();
            averages[rank] = module.Blocks.Last().parameters().Sum(parameter => parameter.grad!.sum().item<float>());
        });

        Assert.IsGreaterThan(0, during[0]);
        Assert.IsGreaterThan(0, during[1]);
        Assert.AreNotEqual(0, averages[0]);
        Assert.AreEqual(averages[0], averages[1]);
    }

    [TestMethod]
    public void SynchronizeGradients_GradientIsABucketOfItsOwn_IsReducedInPlace()
    {
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var scope = NewDisposeScope();
            using var strategy = new ObservedStrategy(group, rank);
            using var module = new BlockModule(BlockModule.Large);
            strategy.SetUp(module);
            module.Loss(full(2, BlockModule.Large, rank + 1f), usesSecond: rank == 0).backward();
            var gradients = module.Blocks.SelectMany(block => block.parameters())
                .Where(parameter => parameter.dim() == 2 && parameter.grad is not null)
                .Select(parameter => NativeTensor.AddressOf(parameter.grad!)).ToList();

            strategy.SynchronizeGradients();

            Assert.HasCount(rank == 0 ? 3 : 2, gradients);
            CollectionAssert.IsSubsetOf(gradients, strategy.Addresses);
        });
    }

    [TestMethod]
    public void Backward_OfMicroBatches_KeepsNoGradientsOfBlocks() =>
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var scope = NewDisposeScope();
            using var module = new BlockModule(8);
            strategy.SetUp(module);
            for (var batch = 0; batch < 3; batch++)
            {
                strategy.Backward(module.Loss(full(2, 8, rank + 1f), usesSecond: true));
                Assert.AreEqual(0, strategy.Overlap!.Kept);
            }

            strategy.SynchronizesNext = true;
            strategy.Backward(module.Loss(full(2, 8, rank + 1f), usesSecond: true));
            Assert.IsGreaterThan(0, strategy.Overlap!.Kept);
            strategy.SynchronizeGradients();
            Assert.AreEqual(0, strategy.Overlap.Kept);
        });

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    [DataRow(false)]
    [DataRow(true)]
    public void Backward_EarlierGradientIsSparse_IsTheDenseMean(bool overlaps)
    {
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var scope = NewDisposeScope();
            using var strategy = new InProcessStrategy(new InMemoryCheckpointIO(), group, rank) { OverlapBackward = overlaps };
            using var module = new BlockModule(8);
            strategy.SetUp(module);
            var weight = module.Blocks.Last().parameters().First();
            weight.grad = sparse_coo_tensor(tensor(new long[,] { { 2 } }), ones(1, 8), weight.shape);

            strategy.SynchronizesNext = true;
            strategy.Backward(weight.sum());
            strategy.SynchronizeGradients();

            var expected = ones(8, 8);
            expected[2] += 1;
            Assert.IsTrue(weight.grad!.to_dense().allclose(expected));
        });
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public void Dispose_BucketsWaitForAnotherProcess_DoesNotWaitForIt()
    {
        using var module = new BlockModule(8);
        using var released = new ManualResetEventSlim();
        using var scope = NewDisposeScope();
        var strategy = new AloneStrategy(released);
        strategy.SetUp(module);
        strategy.SynchronizesNext = true;
        ((AloneCollectives)strategy.Collectives).IsAlone = true;
        strategy.Backward(module.Loss(full(2, 8, 1f), usesSecond: true));

        strategy.Dispose();
        released.Set();

        Assert.IsNull(strategy.Overlap);
        module.Loss(full(2, 8, 1f), usesSecond: true).backward();
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public void Fit_OneRankFailsInItsBackwardPass_TheOtherReceivesItsReason()
    {
        var seen = new Exception?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new BlockModule(8) { FailingStep = rank == 1 ? 2 : -1 };
            seen[rank] = Assert.Throws<Exception>(() => Fit(strategy, rank, module, 1, clips: false));
        });

        Assert.AreEqual("The data is gone.", seen[1]!.Message);
        Assert.Contains("Rank 1 failed: IOException: The data is gone.", seen[0]!.Message);
    }

    private static float[] Fit(InProcessStrategy strategy, int rank, BlockModule module, int accumulate, bool clips)
    {
        using var scope = NewDisposeScope();
        var batches = new List<Tensor>();
        for (var batch = 0; batch < 7; batch++)
        {
            batches.Add(full(3, 8, ((batch * 2) + rank - 6) / 8f));
        }

        using var trainer = new Trainer(
            strategy,
            new TrainerOptions
            {
                MaxEpochs = 2,
                AccumulateGradBatches = accumulate,
                GradientClipNorm = clips ? 0.05 : null,
                EnableCheckpointing = false,
            });
        trainer.Fit(module, batches.ConvertAll(batch => batch.DetachFromDisposeScope()));
        return [.. module.parameters().SelectMany(parameter => parameter.detach().flatten().data<float>().ToArray())];
    }

    /// <summary>
    /// Three blocks, of which a batch may leave out the second. A weight of the first is used after it too.
    /// </summary>
    private sealed class BlockModule : TrainingModule<Tensor>, IHasBlocks
    {
        /// <summary>The width at which each block has a bucket of its own.</summary>
        public const int Large = 1100;

        private readonly Linear _first;
        private readonly Linear _second;
        private readonly Linear _third;

        public BlockModule(int width)
            : base(nameof(BlockModule))
        {
            (_first, _second, _third) = (nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width));
            RegisterComponents();
            using var _ = no_grad();
            foreach (var (index, parameter) in parameters().Index())
            {
                parameter.copy_(linspace(-1, 1, parameter.numel()).reshape(parameter.shape) * (index + 1) / width);
            }
        }

        public IEnumerable<nn.Module<Tensor, Tensor>> Blocks => [_first, _second, _third];

        public Action? BeforeFirstBlock { get; set; }

        public Action? OnEnd { get; init; }

        public int FailingStep { get; init; } = -1;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1, momentum: 0.9);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => Loss(batch, usesSecond: batch[0, 0].item<float>() < 0.4f);

        public override void OnTrainEnd(OnTrainEndArguments arguments) => OnEnd?.Invoke();

        public override void OnBeforeBackward(OnBeforeBackwardArguments arguments)
        {
            if (Trainer.GlobalStep == FailingStep)
            {
                throw new IOException("The data is gone.");
            }
        }

        public Tensor Loss(Tensor inputs, bool usesSecond)
        {
            var hidden = _first.call(inputs).tanh();
            if (BeforeFirstBlock is { } before)
            {
                hidden = BlockMark.On(hidden, _ => before());
            }

            // The weight of the first block is used once more, so its gradient is complete only at the end.
            hidden = nn.functional.linear(hidden, _first.weight!);
            hidden = usesSecond ? _second.call(hidden).tanh() : hidden;
            return _third.call(hidden).pow(2).mean();
        }
    }

    /// <summary>Counts reductions.</summary>
    private sealed class ObservedStrategy(ProcessGroup group, int rank)
        : ParallelStrategy(new InMemoryCheckpointIO(), new ObservedCollectives(group, rank))
    {
        public override Device RootDevice => CPU;

        public ManualResetEventSlim Reduced => ((ObservedCollectives)Collectives).Reduced;

        public int Reductions => ((ObservedCollectives)Collectives).Reductions;

        /// <summary>Gets the addresses of what has been reduced.</summary>
        public List<nint> Addresses => ((ObservedCollectives)Collectives).Addresses;
    }

    private sealed class ObservedCollectives(ProcessGroup group, int rank) : ProcessCollectives
    {
        private int _reductions;

        public ManualResetEventSlim Reduced { get; } = new();

        public int Reductions => Volatile.Read(ref _reductions);

        public List<nint> Addresses { get; } = [];

        public override int Rank => rank;

        public override int WorldSize => group.Size;

        protected internal override bool ReducesInBackground => true;

        public override void ReduceInPlace(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
        {
            Addresses.Add(NativeTensor.AddressOf(value));
            base.ReduceInPlace(value, operation);
            Interlocked.Increment(ref _reductions);
            Reduced.Set();
        }

        protected override IReadOnlyList<byte[]> Exchange(byte[] own) => group.Exchange(rank, own);
    }

    /// <summary>The first of two processes; the other one takes no part once this is alone.</summary>
    private sealed class AloneStrategy(ManualResetEventSlim released)
        : ParallelStrategy(new InMemoryCheckpointIO(), new AloneCollectives(released))
    {
        public override Device RootDevice => CPU;
    }

    private sealed class AloneCollectives(ManualResetEventSlim released) : ProcessCollectives
    {
        public bool IsAlone { get; set; }

        public override int Rank => 0;

        public override int WorldSize => 2;

        protected internal override bool ReducesInBackground => true;

        protected override IReadOnlyList<byte[]> Exchange(byte[] own)
        {
            if (IsAlone)
            {
                released.Wait();
            }

            return [own, own];
        }
    }
}
