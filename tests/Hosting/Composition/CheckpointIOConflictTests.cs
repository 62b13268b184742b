namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>A CheckpointIO that the strategy does not use, in every way, each with its whole message.</summary>
[TestClass]
public sealed class CheckpointIOConflictTests
{
    private const string GivenToBoth =
        "The trainer is given RecordingIO, and its strategy FakeStrategy has a CheckpointIO of its own, OtherIO. Give it to one of the "
            + "two: remove the one of the trainer, or write AddStrategy((services, checkpointIO) => new FakeStrategy(checkpointIO)).";

    private readonly Journal _journal = new();

    [TestMethod]
    public void Resolve_IoGivenToTrainerAndStrategy_SaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(new FakeStrategy(new OtherIO(_journal))).AddCheckpointIO<RecordingIO>();

        Assert.AreSequenceEqual([GivenToBoth], services.Failures());
    }

    [TestMethod]
    public async Task StartAsync_IoGivenToTrainerAndStrategyThatIsMade_StopsTheHostWithEverythingElseThatIsWrong()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(_journal);
        builder.Services.AddTrainer(options => options.MaxEpochs = -1)
            .AddStrategy(new FakeStrategy(new OtherIO(_journal)))
            .AddCheckpointIO(new RecordingIO(_journal));
        using (var host = builder.Build())
        {
            var exception = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());

            Assert.AreSequenceEqual(["TrainerOptions.MaxEpochs is -1; allowed is 0 or more.", GivenToBoth], exception.Failures);
        }

        // Both belong to the trainer from the call on, though there never was one.
        Assert.AreSequenceEqual(
            ["OtherIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Resolve_IoGivenToAStrategyThatIsMadeAndSavesItself_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(new ShardingStrategy(_journal)).AddCheckpointIO<OtherIO>();

        Assert.AreSequenceEqual(
            [
                "The trainer is given OtherIO, and its strategy ShardingStrategy writes checkpoints itself and supports no custom "
                    + "CheckpointIO. Remove it, or use another strategy.",
            ],
            services.Failures());
    }

    [TestMethod]
    public void Resolve_IoGivenToTrainerAndStrategyFactory_DisposesTheStrategyAndSaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(_ => new FakeStrategy(new OtherIO(_journal))).AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        Assert.AreEqual(GivenToBoth, Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);

        Assert.Contains("OtherIO is disposed", _journal.Entries);
    }

    [TestMethod]
    public void Resolve_StrategyThatSavesItselfGivenAnIo_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<ShardingStrategy>().AddCheckpointIO<OtherIO>().AddCheckpointIO<EncryptingIO>();
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer is given OtherIO, EncryptingIO, and its strategy ShardingStrategy writes checkpoints itself and supports no "
                + "custom CheckpointIO. Remove it, or use another strategy.",
            exception.Message);
    }

    [TestMethod]
    public void Resolve_StrategyThatSavesItselfAlone_IsAccepted()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<ShardingStrategy>();
        using var provider = services.Build();

        Assert.AreEqual("RecordingIO", provider.Resolve().Describe().CheckpointIO.Single());
    }

    [TestMethod]
    public void Resolve_StrategyThatIgnoresTheIo_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<DeafStrategy>().AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy DeafStrategy uses another, OtherIO. Let its CheckpointIO be the one that "
                + "it is handed.",
            exception.Message);
    }

    [TestMethod]
    public async Task Resolve_StrategyThatCannotBeMadeOrIsRefused_LeavesTheIoToTheContainer()
    {
        foreach (var add in new Func<ITrainerBuilder, ITrainerBuilder>[]
        {
            builder => builder.AddStrategy<FailingStrategy>(),
            builder => builder.AddStrategy<DeafStrategy>(),
        })
        {
            var journal = new Journal();
            var services = Compose.Services(journal);
            add(services.AddTrainer()).AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
            await using (var provider = services.Build())
            {
                Assert.Throws<Exception>(() => provider.Resolve());
            }

            Assert.ContainsSingle(entry => entry == "EncryptingIO is disposed", journal.Entries);
            Assert.ContainsSingle(entry => entry == "RecordingIO is disposed", journal.Entries);
        }
    }

    [TestMethod]
    public async Task Resolve_RegisteredIoAndAnotherInTheStrategy_SaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<CheckpointIO>(_ => new RecordingIO(_journal));
        services.AddTrainer().AddStrategy(new FakeStrategy(new OtherIO(_journal)));
        await using var provider = services.Build();

        Assert.AreEqual(GivenToBoth, Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_RegisteredIoAndAStrategyThatSavesItself_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<CheckpointIO>(_ => new RecordingIO(_journal));
        services.AddTrainer("").AddStrategy<ShardingStrategy>();
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy ShardingStrategy writes checkpoints itself and supports no custom "
                + "CheckpointIO. Remove it, or use another strategy.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_DecoratedIoThatTheStrategyIgnores_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<DeafStrategy>();
        services.Decorate<CheckpointIO, UploadingIO>();
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given UploadingIO, and its strategy DeafStrategy uses another, OtherIO. Let its CheckpointIO be the one that "
                + "it is handed.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_StrategyFactoryThatAsksTheContainer_IsAccepted()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer()
            .AddStrategy(provider => new FakeStrategy(provider.GetRequiredService<CheckpointIO>()))
            .AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO<EncryptingIO>();
        await using (var provider = services.Build())
        {
            Assert.AreSequenceEqual(["EncryptingIO", "RecordingIO"], provider.Resolve().Describe().CheckpointIO);
        }

        Assert.ContainsSingle(entry => entry == "RecordingIO is disposed", _journal.Entries);
    }
}
