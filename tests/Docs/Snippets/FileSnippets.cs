using Fulgurite.State;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/file-formats.md and docs/incremental.md.</summary>
[TestClass]
public sealed class FileSnippets
{
    [TestMethod]
    public async Task File_LoadedWithOnly_ContainsThatPart()
    {
        using var folder = new TemporaryDirectory();
        Directory.SetCurrentDirectory(folder.Path);
        using var state = new TrainingState { Root = { ["state_dict"] = new StateMap { ["a"] = 1 }, ["epoch"] = 2 } };

        await using var io = new TorchCheckpointIO();
        await io.SaveCheckpointAsync(state, "last.ckpt", null, default);
        using var loaded = await io.LoadCheckpointAsync("last.ckpt", new LoadOptions { Only = ["state_dict"] }, default);

        Directory.SetCurrentDirectory(AppContext.BaseDirectory);
        Assert.AreEqual(1, loaded["state_dict"].AsMap()["a"].AsInteger());
        Assert.IsFalse(loaded.Root.ContainsKey("epoch"));
    }

    [TestMethod]
    public void Fit_WithIncrements_LeavesAChainThatLoads()
    {
        using var folder = new TemporaryDirectory();
        var services = new ServiceCollection();

        services.AddTrainer()
            .AddIncrementalCheckpointIO(o => o.MaxChainLength = 10)
            .AddAsyncCheckpointIO()
            .AddModelCheckpoint(o => o.SaveLast = true);

        services.Configure<TrainerOptions>(o => (o.MaxEpochs, o.DefaultRootDirectory) = (3, folder.Path));
        using var provider = services.BuildServiceProvider();
        var trainer = provider.GetRequiredService<Trainer>();
        using var module = new Toy();
        trainer.Fit(module, Toy.Data(), Toy.Data());
        var last = Directory.GetFiles(folder.Path, "last*.safetensors", SearchOption.AllDirectories).Single();
        using var loaded = trainer.Strategy.LoadCheckpoint(last, null);
        Assert.AreEqual(trainer.GlobalStep, loaded["global_step"].AsInteger());
    }

    [TestMethod]
    public void Parameter_WrittenDirectly_CountsAsChanged()
    {
        using var scope = torch.NewDisposeScope();
        var parameter = torch.nn.Parameter(torch.ones(6, 4));
        using var optimizer = new FusedAdam([parameter]);
        parameter.grad = torch.sparse_coo_tensor(torch.tensor(new long[,] { { 1 } }), torch.ones(1, 4), [6, 4]);
        optimizer.step();
        var epoch = RowChanges.Of(parameter)!.EndEpoch();
        using var detached = parameter.detach();
        Write(detached);
        RowChanges.Of(parameter)!.EndEpoch();
        Assert.IsFalse(RowChanges.Of(parameter)!.HasChanged(0, epoch), "Direct writes are not seen.");

        parameter.data<float>()[0, 0] = 0;
        RowChanges.Of(parameter)?.MarkAll();

        Assert.IsTrue(RowChanges.Of(parameter)!.HasChanged(0, epoch));
        Assert.AreEqual(0, parameter[0][0].item<float>());

        static void Write(torch.Tensor tensor) => tensor.data<float>()[0, 0] = 7;
    }
}
