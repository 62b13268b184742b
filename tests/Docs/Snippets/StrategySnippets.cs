using Fulgurite.State;
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
}
