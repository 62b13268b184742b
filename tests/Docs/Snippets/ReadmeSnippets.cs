using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of README.md.</summary>
[TestClass]
public sealed class ReadmeSnippets
{
    [TestMethod]
    public async Task Composed_Trains()
    {
        using var folder = new TemporaryDirectory();
        var services = new ServiceCollection();
        services.PostConfigureAll<TrainerOptions>(o => o.DefaultRootDirectory = folder.Path);
        using var module = new Toy();
        var (trainData, validationData) = (Toy.Data(), Toy.Data());

        services.AddTrainer(o => o.MaxEpochs = 10)
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(o => { o.Monitor = "val_loss"; o.SaveTopK = 3; o.SaveLast = true; });
        await using var provider = services.BuildServiceProvider();
        var trainer = provider.GetRequiredService<Trainer>();
        await trainer.FitAsync(module, trainData, validationData);

        Assert.HasCount(4, Directory.GetFiles(folder["checkpoints"]));
    }
}
