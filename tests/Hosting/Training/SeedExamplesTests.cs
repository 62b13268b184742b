using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Training;

/// <summary>Every way to compose that the documentation shows, trained with.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SeedExamplesTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public async Task HostBuilder_AsyncOverTheDefaultWithModelCheckpoint_TrainsAndKeepsBestAndLast()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services
            .AddTrainer(options => (options.MaxEpochs, options.DefaultRootDirectory) = (3, Folder))
            .AddStrategy<SingleDeviceStrategy>(options => options.Device = "cpu")
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(options =>
            {
                options.Monitor = "val_loss";
                options.SaveTopK = 2;
                options.SaveLast = true;
            });
        using var host = builder.Build();
        await host.StartAsync(context.CancellationToken);
        var trainer = host.Services.GetRequiredService<Trainer>();
        using var module = new TinyModule();

        var result = await trainer.FitAsync(module, TinyModule.Data(4), TinyModule.Data(2), cancellationToken: context.CancellationToken);

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreSequenceEqual(["AsyncCheckpointIO", "TorchCheckpointIO"], trainer.Describe().CheckpointIO);
        Assert.AreEqual(0, result.Checkpoints.Failed);
        string[] files =
        [
            .. Directory.EnumerateFiles(Path.Combine(Folder, "checkpoints")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!,
        ];
        Assert.HasCount(3, files);
        Assert.Contains("last.ckpt", files);
        AssertHolds(trainer.CheckpointCallback!.LastModelPath!, module);
        await host.StopAsync(context.CancellationToken);
    }

    [TestMethod]
    public async Task Trainer_CustomIoInTheTrainer_IsUsedAndDrainedOnce()
    {
        var journal = new Journal();
        await using var trainer = Trainer.Create(builder =>
        {
            builder.Services.AddSingleton(journal);
            builder.Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (1, Folder)).AddCheckpointIO<RecordingIO>()
                .AddCheckpointIO<EncryptingIO>()
                .AddCheckpointIO<UploadingIO>();
        });
        using var module = new TinyModule();

        trainer.Fit(module, TinyModule.Data(2));

        string[] expected = ["UploadingIO saves", "EncryptingIO saves", "RecordingIO saves", "RecordingIO flushes"];
        Assert.AreSequenceEqual(expected, journal.Entries.Select(entry => string.Join(' ', entry.Split(' ').Take(2))));
    }

    [TestMethod]
    public async Task Trainer_CustomIoInTheStrategy_IsUsed()
    {
        var journal = new Journal();
        await using var trainer = Trainer.Create(builder => builder
            .Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (1, Folder))
            .AddStrategy(new SingleDeviceStrategy(new RecordingIO(journal))));
        using var module = new TinyModule();

        trainer.Fit(module, TinyModule.Data(2));

        Assert.ContainsSingle(entry => entry.StartsWith("RecordingIO saves ", StringComparison.Ordinal), journal.Entries);
    }

    [TestMethod]
    public async Task Trainer_ByHand_AsyncOverACustomBase_HandsItCapturedState()
    {
        var saved = new List<(string Path, bool IsCaptured)>();
        var custom = new CustomCheckpointIO(
            (state, path, _, _) =>
            {
                saved.Add((path, state.IsCaptured));
                return Task.CompletedTask;
            },
            (path, _, _) => Task.FromException<TrainingState>(new CheckpointNotFoundException(path)),
            (_, _) => Task.CompletedTask);
        await using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(custom));
        var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 2, DefaultRootDirectory = Folder }, [new ModelCheckpoint()]);
        using var module = new TinyModule();

        var result = trainer.Fit(module, TinyModule.Data(2));

        Assert.IsNotEmpty(saved);
        Assert.HasCount(result.Checkpoints.Durable, saved);
        Assert.IsTrue(saved.TrueForAll(save => save.IsCaptured));
    }

    [TestMethod]
    [DataRow("trainer: custom")]
    [DataRow("strategy: custom")]
    [DataRow("trainer: async over custom")]
    [DataRow("strategy: async over custom")]
    public async Task Trainer_CustomIoWithModelCheckpointAndSaveLast_SavesBestAndLast(string composition)
    {
        var captured = new List<bool>();
        var paths = new HashSet<string>();
        CustomCheckpointIO Custom() => new(
            (state, path, _, _) =>
            {
                captured.Add(state.IsCaptured);
                paths.Add(Path.GetFileName(path));
                return Task.CompletedTask;
            },
            (path, _, _) => Task.FromException<TrainingState>(new CheckpointNotFoundException(path)),
            (path, _) =>
            {
                paths.Remove(Path.GetFileName(path));
                return Task.CompletedTask;
            });
        await using var trainer = Trainer.Create(builder =>
        {
            builder.Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (2, Folder))
                .AddCallback<ModelCheckpoint>(options => (options.Monitor, options.SaveTopK, options.SaveLast) = ("val_loss", 1, true));
            _ = composition switch
            {
                "trainer: custom" => builder.AddCheckpointIO(Custom()),
                "strategy: custom" => builder.AddStrategy(new SingleDeviceStrategy(Custom())),
                "trainer: async over custom" => builder.AddCheckpointIO(Custom()).AddCheckpointIO<AsyncCheckpointIO>(),
                _ => builder.AddStrategy(new SingleDeviceStrategy(new AsyncCheckpointIO(Custom()))),
            };
        });
        using var module = new TinyModule();

        var result = trainer.Fit(module, TinyModule.Data(4), TinyModule.Data(2));

        Assert.AreEqual(0, result.Checkpoints.Failed);
        Assert.HasCount(2, paths, string.Join(", ", paths));
        Assert.Contains("last.ckpt", paths);
        Assert.AreEqual(Path.GetFileName(trainer.CheckpointCallback!.BestModelPath), paths.Single(path => path != "last.ckpt"));
        Assert.IsTrue(captured.TrueForAll(isCaptured => isCaptured == composition.Contains("async", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Trainer_UserWrapperInEitherOrderWithAsync_WritesWholeFilesAndStaysAsynchronous(bool asyncOutside)
    {
        var journal = new Journal();
        await using var trainer = Trainer.Create(builder =>
        {
            builder.Services.AddSingleton(journal);
            builder.Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (2, Folder))
                .AddCheckpointIO<TorchCheckpointIO>();
            _ = asyncOutside
                ? builder.AddCheckpointIO<EncryptingIO>().AddCheckpointIO<AsyncCheckpointIO>()
                : builder.AddCheckpointIO<AsyncCheckpointIO>().AddCheckpointIO<EncryptingIO>();
            builder.AddCallback<ModelCheckpoint>(options => options.SaveLast = true);
        });
        using var module = new TinyModule();

        var result = trainer.Fit(module, TinyModule.Data(2));

        Assert.AreEqual(0, result.Checkpoints.Failed);
        Assert.IsNotNull(trainer.Strategy.CheckpointIO.GetCapability<ICheckpointCapture>());
        Assert.Contains(entry => entry.StartsWith("EncryptingIO saves ", StringComparison.Ordinal), journal.Entries);
        AssertHolds(trainer.CheckpointCallback!.LastModelPath!, module);
    }

    [TestMethod]
    public async Task Trainer_AsyncOverSafetensors_WritesWhatItReadsAgain()
    {
        await using var trainer = Trainer.Create(builder => builder
            .Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (2, Folder))
            .AddCheckpointIO<SafetensorsCheckpointIO>()
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(options => (options.Monitor, options.SaveTopK, options.SaveLast) = ("val_loss", 3, true)));
        using var module = new TinyModule();

        var result = trainer.Fit(module, TinyModule.Data(4), TinyModule.Data(2));
        using var copy = new TinyModule();
        trainer.LoadWeights(copy, "last");

        Assert.AreEqual(0, result.Checkpoints.Failed);
        Assert.AreSequenceEqual(module.Weights, copy.Weights);
    }

    [TestMethod]
    public async Task Trainers_TwoAtOnce_TrainSideBySide()
    {
        var services = new ServiceCollection();
        foreach (var name in new[] { "teacher", "student" })
        {
            services.AddTrainer(name, options => (options.MaxEpochs, options.DefaultRootDirectory) = (2, Path.Combine(Folder, name)))
                .AddCheckpointIO<AsyncCheckpointIO>();
        }

        await using var provider = services.Build();
        using var teacher = new TinyModule();
        using var student = new TinyModule();

        var results = await Task.WhenAll(
            provider.Resolve("teacher").FitAsync(teacher, TinyModule.Data(3), cancellationToken: context.CancellationToken),
            provider.Resolve("student").FitAsync(student, TinyModule.Data(3), cancellationToken: context.CancellationToken));

        foreach (var result in results)
        {
            // A save that still waits may be superseded by the next one.
            Assert.AreEqual(
                (FitStatus.Completed, 6L, 2),
                (result.Status, result.GlobalStep, result.Checkpoints.Durable + result.Checkpoints.Superseded));
        }

        AssertHolds(provider.Resolve("teacher").CheckpointCallback!.BestModelPath!, teacher);
        AssertHolds(provider.Resolve("student").CheckpointCallback!.BestModelPath!, student);
    }

    private static void AssertHolds(string path, TinyModule module)
    {
        using var copy = new TinyModule();
        new Trainer(new SingleDeviceStrategy(new TorchCheckpointIO())).LoadWeights(copy, path);
        Assert.AreSequenceEqual(module.Weights, copy.Weights);
    }
}
