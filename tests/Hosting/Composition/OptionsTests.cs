namespace Fulgurite.Tests.Hosting.Composition;

[TestClass]
public sealed class OptionsTests
{
    public static IEnumerable<(Action<TrainerOptions>, string)> WrongTrainerOptions =>
    [
        (options => options.MaxEpochs = -1, "TrainerOptions.MaxEpochs is -1; allowed is 0 or more."),
        (options => options.AccumulateGradBatches = 0, "TrainerOptions.AccumulateGradBatches is 0; allowed is 1 or more."),
        (options => options.GradientClipNorm = 0, "TrainerOptions.GradientClipNorm is 0; allowed is more than 0."),
        (options => options.DefaultRootDirectory = null!, "TrainerOptions.DefaultRootDirectory is null; it must be given."),
        (
            options => options.OnCheckpointFailure = (CheckpointFailurePolicy)9,
            "TrainerOptions.OnCheckpointFailure is 9; allowed is FailAtEnd, Stop, Continue."),
        (options => (options.LimitTrainBatches, options.ValidationInterval) = (5, 6),
            "TrainerOptions.ValidationInterval is 6; allowed is at most LimitTrainBatches, 5, since no epoch gets further."),
    ];

    public static IEnumerable<(Action<NoisyOptions>, string)> WrongPluginOptions =>
    [
        (options => options.Volume = 11, "NoisyOptions.Volume is 11; allowed is 1 to 10."),
        (options => options.Echo = -2, "NoisyOptions.Echo is -2; allowed is 0 or more."),
        (options => options.Pitch = -0.5, "NoisyOptions.Pitch is -0.5; allowed is more than 0."),
        (options => options.Word = "", "NoisyOptions.Word is ''; it must be given."),
        (options => options.Colour = "blue", "NoisyOptions.Colour is 'blue'; allowed is 'red', 'green'."),
        (options => options.Mode = (MonitorMode)7, "NoisyOptions.Mode is 7; allowed is Min, Max."),
        (options => (options.Loud, options.Volume) = (true, 2),
            "NoisyOptions: Loud is true and Volume is 2; allowed is 3 or more then."),
    ];

    [TestMethod]
    [DynamicData(nameof(WrongTrainerOptions))]
    public void Resolve_WrongTrainerOption_NamesOptionValueAndWhatIsAllowed(Action<TrainerOptions> wrong, string message)
    {
        var services = Compose.Services();
        services.AddTrainer(wrong).AddStrategy<FakeStrategy>();

        Assert.AreSequenceEqual([message], services.Failures());
    }

    [TestMethod]
    [DynamicData(nameof(WrongPluginOptions))]
    public void Resolve_WrongPluginOption_NamesOptionValueAndWhatIsAllowed(Action<NoisyOptions> wrong, string message)
    {
        var services = Compose.Services();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCallback<NoisyCallback, NoisyOptions>(wrong);

        Assert.AreSequenceEqual([message], services.Failures());
    }

    [TestMethod]
    public void Resolve_ManyWrongOptions_AreAllInOneMessage()
    {
        var services = Compose.Services();
        services.AddTrainer("teacher", options => (options.MaxEpochs, options.LogEveryNSteps) = (-1, 0))
            .AddStrategy<SingleDeviceStrategy>(options => options.Device = "tpu")
            .AddCheckpointIO<AsyncCheckpointIO>(options => options.CopyThreads = 100)
            .AddCallback<ModelCheckpoint>(options => options.SaveTopK = -2)
            .AddCallback<ModelCheckpoint>(options => options.EveryNTrainSteps = -1)
            .AddCallback<ModelCheckpoint>(options => options.SaveTopK = 4);

        string[] expected =
        [
            "TrainerOptions.MaxEpochs of 'teacher' is -1; allowed is 0 or more.",
            "TrainerOptions.LogEveryNSteps of 'teacher' is 0; allowed is 1 or more.",
            "SingleDeviceStrategyOptions.Device of 'teacher' is 'tpu'. Allowed is cpu, mps, cuda or cuda:N.",
            "AsyncCheckpointOptions.CopyThreads of 'teacher' is 100; allowed is 0 to 64.",
            "ModelCheckpointOptions.SaveTopK of 'teacher' is -2; allowed is -1 or more.",
            "ModelCheckpointOptions.EveryNTrainSteps of 'teacher#2' is -1; allowed is 0 or more.",
            "ModelCheckpointOptions of 'teacher#3': SaveTopK is 4 and Monitor is not set: without a metric there are no best ones. Set "
                + "Monitor, or SaveTopK to -1 (all), 0 (none) or 1 (the newest).",
        ];
        Assert.AreSequenceEqual(expected, services.Failures("teacher"));
    }

    [TestMethod]
    public async Task StartAsync_WrongOptions_StopTheHostBeforeTheTrainerIsResolved()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton(new Journal());
        builder.Services.AddTrainer(options => options.MaxEpochs = -1)
            .AddStrategy<FakeStrategy>()
            .AddCallback<NoisyCallback, NoisyOptions>(options => options.Volume = 0);
        using var host = builder.Build();

        var exception = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.AreEqual(
            "TrainerOptions.MaxEpochs is -1; allowed is 0 or more.; NoisyOptions.Volume is 0; allowed is 1 to 10.", exception.Message);
    }

    [TestMethod]
    public async Task StartAsync_TwoWrongTrainers_ReportsBoth()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddTrainer("teacher", options => options.MaxEpochs = -1);
        builder.Services.AddTrainer("student", options => options.MaxSteps = -2);
        using var host = builder.Build();

        var exception = await Assert.ThrowsExactlyAsync<AggregateException>(() => host.StartAsync());

        Assert.Contains("TrainerOptions.MaxEpochs of 'teacher' is -1; allowed is 0 or more.", exception.Message);
        Assert.Contains("TrainerOptions.MaxSteps of 'student' is -2; allowed is 0 or more.", exception.Message);
    }

    [TestMethod]
    public void AddTrainer_Often_ValidatesOnce()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.MaxEpochs = -1);
        services.AddTrainer();
        services.AddTrainer().AddStrategy<FakeStrategy>();

        Assert.ContainsSingle(services.Failures());
    }
}
