using Fulgurite.State;
using Fulgurite.Testing;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/strategies.md.</summary>
[TestClass]
public sealed class StrategySnippets
{
    [TestMethod]
    public void Cuda_Available_IsUsed()
    {
        var services = new ServiceCollection();
        services.AddTrainer().AddStrategy<CudaStrategy>(o => o.Device = 1);
        using var provider = services.BuildServiceProvider();

        if (cuda.device_count() > 1)
        {
            Assert.AreEqual(1, provider.GetRequiredService<Trainer>().Strategy.RootDevice.index);
        }
        else
        {
            Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<Trainer>());
        }
    }

    /// <summary>The code of docs/distributed.md.</summary>
    [TestMethod]
    public void Mpi_WithoutALauncher_TrainsAloneOrNamesWhatIsMissing()
    {
        var services = new ServiceCollection();
        services.AddTrainer().AddStrategy<MpiStrategy>();
        using var provider = services.BuildServiceProvider();

        try
        {
            Assert.AreEqual(1, provider.GetRequiredService<Trainer>().Strategy.Collectives.WorldSize);
        }
        catch (DllNotFoundException exception)
        {
            Assert.Contains("Install Open MPI or MPICH", exception.Message);
        }
    }

    /// <summary>The code of docs/distributed.md.</summary>
    [TestMethod]
    public async Task Sharded_WithoutALauncher_WritesOnePart()
    {
        using var folder = new TemporaryDirectory();
        await using (var io = new AsyncCheckpointIO(new ShardedCheckpointIO()))
        {
            using var state = new TrainingState(new StateMap { ["step"] = 3 });
            await io.SaveCheckpointAsync(state, folder["last.ckpt"], null, CancellationToken.None);
        }

        await using var plain = new TorchCheckpointIO();
        using var loaded = await plain.LoadCheckpointAsync(folder["last.ckpt"], null, CancellationToken.None);
        Assert.AreEqual(3, ((StateInteger)loaded["step"]).Value);

        var services = new ServiceCollection();
        services.AddTrainer()
            .AddStrategy<MpiStrategy>()
            .AddCheckpointIO<ShardedCheckpointIO>()
            .AddCheckpointIO<AsyncCheckpointIO>();
    }

    /// <summary>The code of docs/distributed.md.</summary>
    [TestMethod]
    public void Blocks_OfAModule_AreFoundByTheStrategy()
    {
        var averaged = new bool[2];
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var strategy = new InProcessStrategy(new InMemoryCheckpointIO(), group, rank);
            using var module = new Layered();
            strategy.SetUp(module);
            strategy.Backward(module.TrainingStep(full(2, 2, rank + 1f), 0));
            strategy.SynchronizeGradients();
            averaged[rank] = module.parameters().All(parameter => parameter.grad is not null);
        });

        Assert.IsTrue(averaged[0] && averaged[1]);
    }

    private sealed class Layered : TrainingModule<Tensor>, IHasBlocks
    {
        private readonly TorchSharp.Modules.Linear _body = nn.Linear(2, 2);
        private readonly TorchSharp.Modules.Linear _head = nn.Linear(2, 1);

        public Layered()
            : base(nameof(Layered)) => RegisterComponents();

        // in a module that implements IHasBlocks
        public IEnumerable<nn.Module<Tensor, Tensor>> Blocks => [_body, _head];

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), learningRate: 0.01);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => _head.call(_body.call(batch)).square().mean();
    }
}
