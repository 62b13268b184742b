using System.ComponentModel.DataAnnotations;
using Fulgurite.Jobs;
using Fulgurite.Tests.Docs.Pages;
using Microsoft.Extensions.Configuration;
using Batch = (TorchSharp.torch.Tensor Inputs, TorchSharp.torch.Tensor Targets);
using MyCallback = Fulgurite.Tests.Hosting.Doubles.QuietCallback;
using MyData = Fulgurite.Tests.Hosting.Doubles.TinyData;
using MyIO = Fulgurite.Tests.Hosting.Doubles.NowhereIO;
using MyModule = Fulgurite.Tests.Hosting.Doubles.TinyModule;

namespace Fulgurite.Tests.Hosting.Documentation;

/// <summary>The code of docs/composition.md, compiled and run; the tests of docs compare the two.</summary>
[TestClass]
public sealed class CompositionSnippets
{
    private static Page Page => new(Tree.At("docs", "composition.md"));

    [TestMethod]
    public void Use_Host()
    {
        string[] args = [];
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services
            .AddTrainer(o => o.MaxEpochs = 10)
            .AddStrategy<SingleDeviceStrategy>(o => o.Device = "cpu")
            .AddCheckpointIO<TorchCheckpointIO>()
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(o => { o.Monitor = "val_loss"; o.SaveTopK = 3; });
        using var host = builder.Build();
        var trainer = host.Services.GetRequiredService<Trainer>();

        Assert.AreSequenceEqual(["AsyncCheckpointIO", "TorchCheckpointIO"], trainer.Describe().CheckpointIO);
        Assert.AreEqual(3, ((ModelCheckpoint)trainer.CheckpointCallback!).Options.SaveTopK);
    }

    [TestMethod]
    public async Task Use_Create()
    {
        await using var trainer = Trainer.Create(b => b
            .Configure(o => o.MaxEpochs = 10)
            .AddCheckpointIO<AsyncCheckpointIO>());

        AssertInDocumentation(trainer.Describe().ToString());
    }

    [TestMethod]
    public async Task Use_ByHand()
    {
        await using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(new TorchCheckpointIO()));
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 10 }, [new ModelCheckpoint()]);

        AssertInDocumentation(trainer.Describe().ToString());
    }

    [TestMethod]
    public void Chain()
    {
        var services = Compose.Services();
        services.AddTrainer()
            .AddCheckpointIO<TorchCheckpointIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO<AsyncCheckpointIO>();
        using var provider = services.Build();

        Assert.AreSequenceEqual(["AsyncCheckpointIO", "EncryptingIO", "TorchCheckpointIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public void IoInTheStrategy()
    {
        var services = Compose.Services();
        services.AddTrainer()
            .AddStrategy(new SingleDeviceStrategy(new MyIO()));
        using var provider = services.Build();

        Assert.AreSequenceEqual(["NowhereIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public void SeveralTrainers()
    {
        var services = Compose.Services();
        services.AddTrainer("teacher", o => o.MaxEpochs = 2).AddCheckpointIO<AsyncCheckpointIO>();
        services.AddTrainer("student", o => o.MaxEpochs = 4);
        using var provider = services.Build();

        Assert.AreEqual(2, provider.GetRequiredKeyedService<Trainer>("teacher").Options.MaxEpochs);
        Assert.AreEqual(4, provider.GetRequiredKeyedService<Trainer>("student").Options.MaxEpochs);
    }

    [TestMethod]
    public void Configuration()
    {
        var json = Page.Blocks.Single(block => block.Language == "json").Text.Replace("\"mine\"", "\"quiet\"", StringComparison.Ordinal);
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        var configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        var services = Compose.Services();
        services.AddTrainer(configuration.GetSection("Trainer"), typeof(MyCallback).Assembly);
        using var provider = services.Build();

        var description = provider.Resolve().Describe();

        Assert.AreSequenceEqual(["AsyncCheckpointIO", "TorchCheckpointIO"], description.CheckpointIO);
        Assert.AreSequenceEqual(["QuietCallback", "ModelCheckpoint"], description.Callbacks);
    }

    [TestMethod]
    public void OptionsOfAPlugin()
    {
        var services = Compose.Services();
        services.AddTrainer();
        services.Configure<ModelCheckpointOptions>(o => o.SaveLast = true);
        using var provider = services.Build();

        Assert.IsTrue(((ModelCheckpoint)provider.Resolve().CheckpointCallback!).Options.SaveLast.IsOn);
    }

    [TestMethod]
    public void OwnPlugin()
    {
        var services = Compose.Services();
        services.AddTrainer().AddCallback<BeepCallback>(o => o.Volume = 3);
        using var provider = services.Build();

        Assert.AreEqual(3, provider.Resolve().Callbacks.OfType<BeepCallback>().Single().Options.Volume);
    }

    [TestMethod]
    public void Job()
    {
        var services = Compose.Services();
        services.AddSingleton<ITrainingData<Batch>, MyData>();
        services.AddTrainer(o => o.MaxEpochs = 10)
            .AddTrainingJob<MyModule>(o => o.Resume = true);

        // What runs it is tested with the jobs.
        Assert.ContainsSingle(services.Where(service => service.ServiceType == typeof(IHostedService)));
    }

    private static void AssertInDocumentation(string description) =>
        Assert.Contains(description, string.Join('\n', Page.Blocks.Where(block => block.Language.Length == 0).Select(block => block.Text)));
}

public sealed class BeepOptions
{
    /// <summary>Gets or sets the volume, from 1 to 10. Default: 5.</summary>
    [Range(1, 10)]
    public int Volume { get; set; } = 5;
}

[Plugin("beep")]
public sealed class BeepCallback(BeepOptions? options = null) : Callback, IConfigurable<BeepOptions>
{
    public BeepOptions Options { get; } = options ?? new BeepOptions();
}

public static class BeepBuilderExtensions
{
    public static ITrainerBuilder AddCallback<TCallback>(this ITrainerBuilder builder, Action<BeepOptions> configure)
        where TCallback : Callback, IConfigurable<BeepOptions> =>
        builder.AddCallback<TCallback, BeepOptions>(configure);
}
