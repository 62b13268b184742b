using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Testing.Conformance;

/// <summary>
/// Tests of the contract of <see cref="IStrategy"/>. Derive a test class, mark it with <c>[TestClass]</c> and create your strategy in
/// <see cref="Create"/>; it inherits all tests.
/// </summary>
/// <remarks>
/// A strategy of several processes is tested with one thread per process, if it supports that: <see cref="WorldSize"/> is the number of
/// processes. Checkpoints are kept in memory.
/// </remarks>
public abstract partial class StrategyConformance
{
    private readonly List<FenceProbe> _fences = [];

    /// <summary>Gets the number of processes that train together.</summary>
    /// <value>The default is 1.</value>
    protected virtual int WorldSize => 1;

    /// <summary>Gets the reason why the strategy cannot be tested on this machine; null if it can.</summary>
    /// <value>The default is null.</value>
    protected virtual string? ReasonToSkip => null;

    /// <summary>Creates the strategy to test.</summary>
    /// <param name="checkpointIO">The CheckpointIO of the strategy.</param>
    /// <param name="rank">The rank of the process.</param>
    /// <param name="group">The group of processes of one test.</param>
    protected abstract IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group);

    /// <summary>Skips the test on machines that cannot run it.</summary>
    [TestInitialize]
    public void SkipWhereImpossible()
    {
        if (ReasonToSkip is { } reason)
        {
            Assert.Inconclusive(reason);
        }
    }

    /// <summary>Every process has its rank, and one is the main process.</summary>
    [TestMethod]
    public void Ranks_OfAll_AreNumberedFromZero() => ForEach((strategy, rank) =>
    {
        Assert.AreEqual(rank, strategy.Collectives.Rank);
        Assert.AreEqual(WorldSize, strategy.Collectives.WorldSize);
        Assert.AreEqual(rank == 0, strategy.Collectives.IsRankZero);
        Assert.IsTrue(
            strategy.Collectives.LocalRank >= 0 && strategy.Collectives.LocalRank <= rank,
            $"Rank {rank} has the local rank {strategy.Collectives.LocalRank}.");
        Assert.Contains(
            device => string.Equals(device.ToString(), strategy.RootDevice.ToString(), StringComparison.Ordinal), strategy.Devices);
    });

    /// <summary>The strategy exposes the selected CheckpointIO, if it can be selected.</summary>
    [TestMethod]
    public void CheckpointIO_WhereOneCanBeChosen_IsTheOneGiven()
    {
        using var io = new FenceProbe();
        Ranks.Run(1, _ =>
        {
            var strategy = Create(io, 0, new ProcessGroup(WorldSize));
            using var disposal = new Disposal(strategy);
            Assert.AreEqual(strategy.SupportsCustomCheckpointIO, ReferenceEquals(io, strategy.CheckpointIO));
        });
    }

    /// <summary>A module is moved after the fence, and then equals that of rank 0 in every process.</summary>
    [TestMethod]
    public void SetUp_Module_MovesItAfterTheFenceAndMakesItTheSame() => ForEach((strategy, rank) =>
    {
        using var module = Filled(rank + 1);
        var weight = 0f;
        Fence(rank).OnFence = () => weight = Number(module.weight!);

        strategy.SetUp(module);

        Assert.AreEqual(rank + 1f, weight, "The fence must be passed before the module changes.");
        Assert.AreEqual(strategy.RootDevice.type, module.weight!.device_type);
        Assert.AreEqual(1f, Number(module.weight!), "The module must be that of rank 0.");
    });

    /// <summary>A supported precision applies to parameters and batches; integers keep their type.</summary>
    /// <param name="precision">The precision.</param>
    [TestMethod]
    [DataRow(Precision.Float32)]
    [DataRow(Precision.Float64)]
    [DataRow(Precision.BFloat16)]
    [DataRow(Precision.MixedBFloat16)]
    [DataRow(Precision.MixedFloat16)]
    public void SetUp_Precision_CountsForModuleAndBatchesOrIsRefused(Precision precision) => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        using var module = nn.BatchNorm1d(2);
        if (!strategy.Supports(precision))
        {
            var exception = Assert.ThrowsExactly<NotSupportedException>(() => strategy.SetUp(module, precision));
            Assert.Contains(precision.ToString(), exception.Message, StringComparison.Ordinal);
            Assert.AreEqual(0, Fence(rank).Count, "A refused precision must not change anything.");
            return;
        }

        strategy.SetUp(module, precision);
        var (inputs, labels) = strategy.ToDevice((ones(3, 2), ones(3, ScalarType.Int64)));

        var type = precision.ElementType();
        Assert.AreEqual(type, module.weight!.dtype);
        Assert.AreEqual(type, module.get_buffer("running_mean")!.dtype);
        Assert.AreEqual(ScalarType.Int64, module.get_buffer("num_batches_tracked")!.dtype);
        Assert.AreEqual(type, inputs.dtype);
        Assert.AreEqual(ScalarType.Int64, labels.dtype);
    });

    /// <summary>The tensors of a batch are moved in any container; other values are unchanged.</summary>
    [TestMethod]
    public void ToDevice_Batches_AreMovedWithAllTheirTensors() => ForEach((strategy, _) =>
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(1, 1);
        strategy.SetUp(module);

        Assert.IsNull(strategy.ToDevice<Tensor?>(null));
        var (inputs, names, rest) = strategy.ToDevice((ones(2, 3), "name", new List<Tensor> { zeros(1), zeros(2) }));

        Assert.AreEqual("name", names, StringComparer.Ordinal);
        foreach (var tensor in rest.Prepend(inputs))
        {
            Assert.AreEqual(strategy.RootDevice.type, tensor.device_type);
        }

        Assert.AreEqual(6f, Number(inputs.sum()));
    });

    /// <summary>Parameters change after the fence, and equally in all processes.</summary>
    [TestMethod]
    public void OptimizerStep_Always_PassesTheFenceAndStepsAlike() => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        using var module = Filled(1);
        strategy.SetUp(module);
        using var optimizer = optim.SGD(module.parameters(), 0.5);
        strategy.Backward(module.call(strategy.ToDevice(full(1, 1, rank + 1f))).sum());
        strategy.SynchronizeGradients();
        var atFence = 0f;
        Fence(rank).OnFence = () => atFence = Number(module.weight!);

        strategy.OptimizerStep(optimizer);

        Assert.AreEqual(1f, atFence);

        // The gradient is the mean of the inputs 1, 2, ... of the ranks.
        Assert.AreEqual(1f - (0.5f * (WorldSize + 1) / 2), Number(module.weight!), 1e-6f);
    });

    /// <summary>Gradients accumulate over batches and are averaged over all processes, also if that is requested twice.</summary>
    [TestMethod]
    public void SynchronizeGradients_AfterTwoBatches_AddsMeansOfAllProcesses() => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        using var module = Filled(1);
        strategy.SetUp(module);
        for (var batch = 0; batch < 2; batch++)
        {
            strategy.Backward(module.call(strategy.ToDevice(full(1, 1, rank + 1f))).sum());
        }

        strategy.SynchronizeGradients();
        strategy.SynchronizeGradients();
        Assert.AreEqual(WorldSize + 1f, Number(module.weight!.grad!), 1e-6f);
    });

    /// <summary>A parameter not used by the losses of some processes has the gradient of the others.</summary>
    [TestMethod]
    public void SynchronizeGradients_ParameterUnusedByAll_HasNoGradient() => ForEach((strategy, rank) =>
    {
        using var scope = NewDisposeScope();
        using var module = nn.Sequential(("used", nn.Linear(1, 1)), ("unused", nn.Linear(1, 1)), ("last", nn.Linear(1, 1)));
        strategy.SetUp(module);
        var children = module.children().Cast<TorchSharp.Modules.Linear>().ToList();
        var loss = children[0].call(strategy.ToDevice(ones(1, 1))).sum();
        strategy.Backward(rank == 0 ? loss + children[2].call(strategy.ToDevice(ones(1, 1))).sum() : loss);
        strategy.SynchronizeGradients();

        Assert.IsNull(children[1].weight!.grad);
        Assert.AreEqual(1f / WorldSize, Number(children[2].weight!.grad!), 1e-6f);
    });

    /// <summary>A step does not change the number of live tensors.</summary>
    [TestMethod]
    public void Step_Repeated_LeavesNoTensors() => ForEach((strategy, rank) =>
    {
        using var module = Filled(1);
        strategy.SetUp(module);
        using var optimizer = optim.SGD(module.parameters(), 0.1);
        long before = 0;
        for (var step = 0; step < 5; step++)
        {
            using (NewDisposeScope())
            {
                strategy.Backward(module.call(strategy.ToDevice(ones(1, 1))).sum());
                strategy.SynchronizeGradients();
                strategy.OptimizerStep(optimizer);
                strategy.Collectives.AllReduce(ones(3)).Dispose();
                strategy.Collectives.AllGather(ones(3)).Dispose();
                module.weight!.grad = null;
            }

            // Counted per thread, since other tests and ranks create tensors too.
            var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            before = step == 1 ? live : before;
            Assert.IsTrue(
                step < 2 || live == before, $"Rank {rank} has {live} tensors after step {step} and had {before} after the first.");
        }
    });

    /// <summary>Invalid arguments are rejected immediately.</summary>
    [TestMethod]
    public void Calls_WithoutArguments_ThrowArgumentException() => ForEach((strategy, _) =>
    {
        Assert.ThrowsExactly<ArgumentNullException>(() => strategy.SetUp(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => strategy.Backward(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => strategy.OptimizerStep(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => strategy.Collectives.AllGather(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => strategy.Collectives.AllReduce(null!));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => strategy.Collectives.Broadcast(1, WorldSize));
    });

    private static TorchSharp.Modules.Linear Filled(float value)
    {
        var module = nn.Linear(1, 1, hasBias: false);
        using var _ = no_grad();
        using TorchSharp.Scalar number = value;
        module.weight!.fill_(number);
        return module;
    }

    private static float Number(Tensor tensor)
    {
        using var number = tensor.detach().cpu().to(ScalarType.Float32);
        return number.item<float>();
    }

    private FenceProbe Fence(int rank) => _fences[rank];

    private void ForEach(Action<IStrategy, int> body)
    {
        var group = new ProcessGroup(WorldSize);
        _fences.Clear();
        _fences.AddRange(Enumerable.Range(0, WorldSize).Select(_ => new FenceProbe()));
        Ranks.Run(WorldSize, rank =>
        {
            var strategy = Create(_fences[rank], rank, group);
            using var disposal = new Disposal(strategy);
            body(strategy, rank);
        });
    }

    /// <summary>Leaves the group even if the test fails, so that the other ranks do not wait.</summary>
    private sealed class Disposal(IStrategy strategy) : IDisposable
    {
        public void Dispose() => strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
