namespace Fulgurite.Tests.Hosting.Composition;

[TestClass]
public sealed class TrainerCreationTests
{
    private readonly Journal _journal = new();

    [TestMethod]
    public async Task Create_Disposed_DisposesItsPartsOnce()
    {
        var trainer = Trainer.Create(builder => builder
            .AddStrategy((_, io) => new FakeStrategy(io))
            .AddCheckpointIO(new RecordingIO(_journal))
            .AddCheckpointIO((_, inner) => new EncryptingIO(inner, _journal))
            .AddLogger(_ => new DisposableLogger(_journal)));

        await trainer.DisposeAsync();
        await trainer.DisposeAsync();

        // What hears of checkpoints goes after what saves them.
        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed", "DisposableLogger is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Own_SecondObject_IsRefused()
    {
        await using var trainer = Trainer.Create(
            builder => builder.AddStrategy((_, io) => new FakeStrategy(io)).AddCheckpointIO(new RecordingIO(_journal)));
        await using var other = new RecordingIO(_journal);

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Own(other));

        Assert.AreEqual(
            "The trainer owns a ServiceProvider already. Dispose the RecordingIO yourself, after the trainer.", exception.Message);
    }

    [TestMethod]
    public void Create_WrongOptions_ThrowsAndDisposesWhatWasMade()
    {
        Assert.ThrowsExactly<OptionsValidationException>(
            () => Trainer.Create(builder => builder.Configure(options => options.MaxEpochs = -5)));
        Assert.ThrowsExactly<OptionsValidationException>(() => Trainer.Create(builder => builder
            .AddStrategy(new FakeStrategy(new OtherIO(_journal)))
            .AddCheckpointIO(new RecordingIO(_journal))));

        Assert.AreSequenceEqual(
            ["OtherIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Create_Nothing_HasTheDefaults()
    {
        await using var trainer = Trainer.Create();

        var description = trainer.Describe();

        Assert.AreEqual("SingleDeviceStrategy", description.Strategy);
        Assert.AreSequenceEqual(["TorchCheckpointIO"], description.CheckpointIO);
        Assert.AreSequenceEqual(["ModelCheckpoint"], description.Callbacks);
        Assert.IsEmpty(description.Loggers);
        Assert.IsEmpty(description.ChangedOptions);
    }

    [TestMethod]
    public async Task Create_Callbacks_RunAsAddedWithThoseThatSaveLast()
    {
        await using var trainer = Trainer.Create(builder => builder
            .AddStrategy((_, io) => new FakeStrategy(io))
            .AddCallback<ModelCheckpoint>(options => options.SaveLast = true)
            .AddCallback(new QuietCallback())
            .AddCallback(_ => new NoisyCallback()));

        Assert.AreSequenceEqual(["QuietCallback", "NoisyCallback", "ModelCheckpoint"], trainer.Describe().Callbacks);
        Assert.ContainsSingle(trainer.CheckpointCallbacks);
    }

    [TestMethod]
    public async Task Create_CheckpointsDisabled_AddsNoDefault()
    {
        await using var trainer = Trainer.Create(builder => builder
            .Configure(options => options.EnableCheckpointing = false)
            .AddStrategy((_, io) => new FakeStrategy(io)));

        Assert.IsEmpty(trainer.Callbacks);
    }

    [TestMethod]
    public async Task Services_CallbacksAndLoggersRegisteredThere_AreAdded()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<Callback, QuietCallback>();
        services.AddSingleton<IMetricLogger, MemoryLogger>();
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCallback<NoisyCallback>()
            .AddLogger<MemoryLogger>();
        services.AddTrainer("teacher").AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCallback<FreeCallback>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["QuietCallback", "NoisyCallback", "ModelCheckpoint"], provider.Resolve().Describe().Callbacks);
        Assert.AreSequenceEqual(["MemoryLogger", "MemoryLogger"], provider.Resolve().Describe().Loggers);
        Assert.AreSequenceEqual(["FreeCallback", "ModelCheckpoint"], provider.Resolve("teacher").Describe().Callbacks);
    }

    [TestMethod]
    public async Task Services_StrategyRegisteredFirst_Wins()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<IStrategy>(_ => new FakeStrategy(new OtherIO(_journal)));
        services.AddTrainer();
        await using var provider = services.Build();

        Assert.IsInstanceOfType<FakeStrategy>(provider.Resolve().Strategy);
    }

    [TestMethod]
    public async Task Services_EveryRegistration_IsResolved()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCallback<NoisyCallback>();
        services.AddTrainer("teacher").AddStrategy<FakeStrategy>().AddCheckpointIO<OtherIO>().AddCallback<NoisyCallback>();
        await using var provider = services.Build();

        foreach (var descriptor in services.Where(descriptor => !descriptor.ServiceType.IsGenericTypeDefinition))
        {
            var service = descriptor.IsKeyedService
                ? provider.GetRequiredKeyedService(descriptor.ServiceType, descriptor.ServiceKey)
                : provider.GetRequiredService(descriptor.ServiceType);
            Assert.IsNotNull(service, descriptor.ToString());
        }
    }

    [TestMethod]
    public async Task Services_ManyTrainersFromManyThreads_AreEachMadeOnce()
    {
        var services = Compose.Services(_journal);
        string[] names = ["", "one", "two", "three"];
        foreach (var name in names)
        {
            services.AddTrainer(name).AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        }

        await using var provider = services.Build();

        var trainers = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(index => Task.Run(() => provider.Resolve(names[index % names.Length]))));

        Assert.HasCount(4, trainers.Distinct());
        Assert.HasCount(4, trainers.Select(trainer => trainer.Strategy.CheckpointIO).Distinct());
    }

    [TestMethod]
    public async Task Services_Logging_HearsWhatTheTrainerIsMadeOf()
    {
        var services = Compose.Services(_journal);
        using var logger = new CollectingLogger();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(logger));
        services.AddTrainer("teacher").AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        await using var provider = services.Build();

        var trainer = provider.Resolve("teacher");

        Assert.Contains($"The trainer 'teacher' is made of:\n{trainer.Describe()}", logger.Messages);
    }

    private sealed class DisposableLogger(Journal journal) : IMetricLogger, IDisposable
    {
        public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
        {
        }

        public void Dispose() => journal.Add("DisposableLogger is disposed");
    }
}
