using Microsoft.Extensions.Configuration;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>What a section may hold as the value of an option; nothing that it holds is left out silently.</summary>
[TestClass]
public sealed class ConfigurationValueTests
{
    [TestMethod]
    [DataRow(
        "\"LimitTrainBatches\": \"some\"",
        "Trainer:LimitTrainBatches cannot be read: 'some' is not a batch limit. Write a number of batches, such as 10, or a fraction of "
            + "the data from 0.0 to 1.0, such as 0.25.")]
    [DataRow("\"MaxEpochs\": [1, 2]", "Trainer:MaxEpochs is a list or an object; allowed is a whole number (Int32).")]
    [DataRow("\"MaxEpochs\": { \"Value\": 1 }", "Trainer:MaxEpochs is a list or an object; allowed is a whole number (Int32).")]
    [DataRow("\"MaxTime\": \"soon\"", "Trainer:MaxTime is 'soon'; allowed is a time as hh:mm:ss.")]
    [DataRow("\"EnableCheckpointing\": \"maybe\"", "Trainer:EnableCheckpointing is 'maybe'; allowed is true or false.")]
    [DataRow("\"Precision\": \"Half\"", "Trainer:Precision is 'Half'; allowed is Float32, Float64, BFloat16, MixedBFloat16, MixedFloat16.")]
    [DataRow(
        "\"Callbacks\": { \"Plugin\": \"progress\", \"Metrics\": \"val_loss\" }",
        "Trainer:Callbacks:Metrics is 'val_loss'; allowed is a list.")]
    [DataRow(
        "\"Callbacks\": { \"Plugin\": \"model-checkpoint\", \"SaveLast\": \"perhaps\" }",
        "Trainer:Callbacks:SaveLast cannot be read: SaveLast is 'perhaps'; allowed is true, false or link.")]
    [DataRow(
        "\"Callbacks\": { \"Plugin\": \"model-checkpoint\", \"Trigger\": \"always\" }",
        "Trainer:Callbacks:Trigger cannot be set in a configuration: it is a ICheckpointTrigger. Set it in code, with Configure.")]
    [DataRow(
        "\"CheckpointIO\": [\"nowhere\", { \"Plugn\": \"async\" }]",
        "Trainer:CheckpointIO:1 names no CheckpointIO. Write its name, or { \"Plugin\": \"name\" } with its options.")]
    [DataRow("\"Strategies\": \"fake\"", "Trainer:Strategies is no option. Did you mean Strategy?")]
    [DataRow(
        "\"CheckpointIO\": [\"nowhere\", \"torch\"]",
        "Trainer:CheckpointIO:1 is 'torch': The trainer already has a base CheckpointIO, NowhereIO, and cannot have a second, "
            + "TorchCheckpointIO. Keep one of them, or derive TorchCheckpointIO from WrappingCheckpointIO to wrap the first.")]
    public void AddTrainer_ValueThatCannotBe_SaysWhatIsAllowed(string json, string message)
    {
        var services = Compose.Services();
        services.AddTrainer(Compose.Section($$"""{ "Trainer": { {{json}} } }"""), typeof(PublicStrategy).Assembly);

        Assert.AreSequenceEqual([message], services.Failures());
    }

    [TestMethod]
    public void AddTrainer_TwoStrategies_AreRefused()
    {
        var services = Compose.Services();
        services.AddTrainer(Compose.Section("""{ "Trainer": { "Strategy": ["fake", "single"] } }"""), typeof(PublicStrategy).Assembly);

        Assert.AreSequenceEqual(
            [
                "Trainer:Strategy:1 is 'single': The trainer already has a strategy, PublicStrategy, and cannot have another, "
                    + "SingleDeviceStrategy. Call AddStrategy only once.",
            ],
            services.Failures());
    }

    [TestMethod]
    public void AddTrainer_NullAndEmptyValues_AreNoValueAndNoPlugins()
    {
        var services = Compose.Services();
        var section = Compose.Section("""
            {
              "Trainer": {
                "MaxEpochs": null, "MaxSteps": 3, "Callbacks": [], "Loggers": null, "Strategy": "fake", "CheckpointIO": "nowhere"
              }
            }
            """);
        services.AddTrainer(section, typeof(PublicStrategy).Assembly);
        using var provider = services.Build();

        Assert.IsNull(provider.Resolve().Options.MaxEpochs);
        Assert.AreSequenceEqual(["ModelCheckpoint"], provider.Resolve().Describe().Callbacks);
    }

    [TestMethod]
    public void AddTrainer_ListsFromSeveralSources_MergeByNumberAsConfigurationsDo()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                [
                    KeyValuePair.Create("T:Callbacks:0", (string?)"quiet"), KeyValuePair.Create("T:Callbacks:1", (string?)"noisy"),
                    KeyValuePair.Create("T:Strategy", (string?)"fake"), KeyValuePair.Create("T:CheckpointIO", (string?)"nowhere"),
                ])
            .AddCommandLine(
                [
                    "--T:Callbacks:0=early-stopping", "--T:Callbacks:2:Plugin=progress", "--T:Callbacks:2:Metrics:0=a",
                    "--T:Callbacks:2:Metrics:1=b",
                ])
            .Build();
        var services = Compose.Services();
        services.AddTrainer(configuration.GetSection("T"), typeof(PublicStrategy).Assembly);
        using var provider = services.Build();

        var trainer = provider.Resolve();

        Assert.AreSequenceEqual(["EarlyStopping", "NoisyCallback", "ProgressView", "ModelCheckpoint"], trainer.Describe().Callbacks);
        Assert.AreSequenceEqual(["a", "b"], trainer.Callbacks.OfType<ProgressView>().Single().Options.Metrics!);
    }
}
