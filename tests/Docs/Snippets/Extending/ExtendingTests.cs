using System.Text;
using Fulgurite.Callbacks;
using Fulgurite.State;
using Fulgurite.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OwnCheckpoint;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>The code of docs/extending, composed and run.</summary>
[TestClass]
public sealed class ExtendingTests
{
    [TestMethod]
    public void CheckpointIO_Composed_SavesAndResumes()
    {
        using var folder = new TemporaryDirectory();

        using (var trained = Fit(folder, epochs: 1, resume: null))
        {
            Assert.AreSequenceEqual(
                ["AsyncCheckpointIO", "GzipCheckpointIO"], trained.GetRequiredService<Trainer>().Describe().CheckpointIO);
        }

        using var resumed = Fit(folder, epochs: 2, resume: "last");
        Assert.AreEqual(8, resumed.GetRequiredService<Trainer>().GlobalStep);
        Assert.AreSequenceEqual(new byte[] { 0x1f, 0x8b }, File.ReadAllBytes(Path.Combine(folder.Path, "checkpoints", "last.ckpt"))[..2]);
    }

    [TestMethod]
    public async Task CheckpointIO_ThreeDelegates_SaveAndLoad()
    {
        using var folder = new TemporaryDirectory();
        Dictionary<string, TrainingState> states = [];

        var io = new CustomCheckpointIO(
            save: (state, path, context, stop) => { states[path] = state.Copy(); return Task.CompletedTask; },
            load: (path, options, stop) =>
                states.TryGetValue(path, out var state) ? Task.FromResult(state.Share()) : throw new CheckpointNotFoundException(path),
            remove: (path, stop) => { states.Remove(path); return Task.CompletedTask; },
            exists: (path, stop) => Task.FromResult(states.ContainsKey(path)));

        await using var trainer = Trainer.Create(b => b.AddCheckpointIO(io).Configure(o => o.MaxEpochs = 1));
        using var module = new Toy();
        trainer.Fit(module, Toy.Data());
        Assert.HasCount(1, states);
    }

    [TestMethod]
    public void Callback_Configured_StateIsInCheckpoints()
    {
        using var folder = new TemporaryDirectory();
        var json =
            """{ "Trainer": { "Callbacks": [ { "Plugin": "best-loss", "EveryNBatches": 2 }, { "Plugin": "model-checkpoint", "SaveLast": """
                + """true } ] } }""";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        var configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        var services = new ServiceCollection();
        services.AddTrainer(configuration.GetSection("Trainer"), typeof(BestLossCallback).Assembly).Configure(
            o => (o.MaxEpochs, o.DefaultRootDirectory) = (1, folder.Path));
        using var provider = services.BuildServiceProvider();
        var trainer = provider.GetRequiredService<Trainer>();
        var callback = trainer.Callbacks.OfType<BestLossCallback>().Single();
        using var module = new Toy();
        trainer.Fit(module, Toy.Data());

        var other = new BestLossCallback();
        using var resumed = Trainer.Create(
            b => b.AddCallback(other).Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (1, folder.Path)));
        using var again = new Toy();
        resumed.Fit(again, Toy.Data(), checkpointPath: trainer.CheckpointCallback!.LastModelPath);

        Assert.IsTrue(double.IsFinite(callback.Best));
        Assert.AreEqual(callback.Best, other.Best);
    }

    [TestMethod]
    public void Callback_InCode_IsAddedWithItsOptions()
    {
        var builder = new ServiceCollection().AddTrainer();

        builder.AddCallback<BestLossCallback>(o => o.EveryNBatches = 10);

        using var provider = builder.Services.BuildServiceProvider();
        Assert.AreEqual(10, provider.GetRequiredService<Trainer>().Callbacks.OfType<BestLossCallback>().Single().Options.EveryNBatches);
    }

    [TestMethod]
    public void Logger_Fit_ReceivesMetricsAndCheckpoints()
    {
        using var folder = new TemporaryDirectory();
        var messages = new CollectingLogger();
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(messages));

        services.AddTrainer(o => o.MaxEpochs = 1).AddLogger<MessageLogger>();

        services.PostConfigureAll<TrainerOptions>(o => o.DefaultRootDirectory = folder.Path);
        using var provider = services.BuildServiceProvider();
        using var module = new Toy();
        provider.GetRequiredService<Trainer>().Fit(module, Toy.Data(), Toy.Data());
        Assert.Contains(
            message => message.StartsWith("Step 4, ", StringComparison.Ordinal) && message.Contains("val_loss", StringComparison.Ordinal),
            messages.Messages);
        Assert.Contains(message => message.Contains("is durable", StringComparison.Ordinal), messages.Messages);
    }

    [TestMethod]
    public void Checkpoint_Custom_ReplacesTheDefault()
    {
        var store = new InMemoryCheckpointIO();
        var services = new ServiceCollection();

        services.AddTrainer(o => o.MaxEpochs = 2)
            .AddCheckpointIO(store)
            .AddCallback<EpochCheckpoint>();

        using var provider = services.BuildServiceProvider();
        using var module = new Toy();
        provider.GetRequiredService<Trainer>().Fit(module, Toy.Data());
        Assert.AreSequenceEqual(["./epoch-1.ckpt", "./epoch-2.ckpt"], store.Paths);
    }

    private static ServiceProvider Fit(TemporaryDirectory folder, int epochs, string? resume)
    {
        var services = new ServiceCollection();
        services.AddTrainer(o => o.MaxEpochs = epochs)
            .AddCheckpointIO<GzipCheckpointIO>(o => o.Level = System.IO.Compression.CompressionLevel.SmallestSize)
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(o => o.SaveLast = true);
        services.PostConfigureAll<TrainerOptions>(o => o.DefaultRootDirectory = folder.Path);
        var provider = services.BuildServiceProvider();
        using var module = new Toy();
        provider.GetRequiredService<Trainer>().Fit(module, Toy.Data(), checkpointPath: resume);
        return provider;
    }
}
