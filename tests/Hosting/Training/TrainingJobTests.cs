using Fulgurite.Jobs;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Training;

[TestClass]
[DoNotParallelize]
public sealed class TrainingJobTests(TestContext context)
{
    private readonly RecordedExit _exit = new();

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_FitEnds_StopsTheHostWithZero()
    {
        var builder = Builder(options => options.MaxEpochs = 2);
        builder.Trainer.AddTrainingJob<TinyModule>();
        using var host = builder.Host.Build();
        var trainer = host.Services.GetRequiredService<Trainer>();

        await host.RunAsync(context.CancellationToken);

        Assert.AreEqual(0, _exit.Code);
        Assert.AreEqual(8L, trainer.GlobalStep);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_FitFails_StopsTheHostWithOne()
    {
        var builder = Builder(options => options.MaxEpochs = 2);
        builder.Trainer.AddTrainingJob<FailingModule>();
        using var host = builder.Host.Build();

        await host.RunAsync(context.CancellationToken);

        Assert.AreEqual(1, _exit.Code);
    }

    [TestMethod]
    [DataRow(CheckpointFailurePolicy.FailAtEnd, true, 1)]
    [DataRow(CheckpointFailurePolicy.FailAtEnd, false, 1)]
    [DataRow(CheckpointFailurePolicy.Stop, true, 1)]
    [DataRow(CheckpointFailurePolicy.Continue, true, 0)]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_SaveFails_IsOneEntryOfTheLog(CheckpointFailurePolicy policy, bool isAsync, int code)
    {
        var log = new CollectingLogger(LogLevel.Warning);
        var builder = Builder(options => (options.MaxEpochs, options.OnCheckpointFailure) = (1, policy));
        builder.Host.Logging.AddProvider(log);
        builder.Trainer.AddCheckpointIO(new FlakyCheckpointIO(
            new TorchCheckpointIO(), (path, _) => new CheckpointException($"The disk of '{path}' is full.", path)));
        if (isAsync)
        {
            builder.Trainer.AddCheckpointIO<AsyncCheckpointIO>();
        }

        builder.Trainer.AddTrainingJob<TinyModule>();
        using var host = builder.Host.Build();

        await host.RunAsync(context.CancellationToken);

        Assert.AreEqual(code, _exit.Code);
        Assert.HasCount(1, log.Messages, string.Join('\n', log.Messages));
        Assert.Contains("was not saved; the previous checkpoint is intact", log.Messages[0]);
    }

    [TestMethod]
    public async Task StartAsync_DataIsMissing_SaysWhatToRegister()
    {
        var builder = Builder(options => options.MaxEpochs = -2, withData: false);
        builder.Trainer.AddTrainingJob<TinyModule>();
        using var host = builder.Host.Build();

        var exception = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync(context.CancellationToken));

        Assert.AreSequenceEqual(
            [
                "TrainerOptions.MaxEpochs is -2; allowed is 0 or more.",
                "There is no data to train TinyModule on. Write services.AddSingleton<ITrainingData<TBatch>, MyData>(), where TBatch is "
                    + "the ValueTuple`2 of TinyModule.",
            ],
            exception.Failures);
    }

    [TestMethod]
    public async Task StartAsync_PartsThatDoNotGoTogether_StopTheHost()
    {
        var journal = new Journal();
        var builder = Builder(_ => { });
        builder.Host.Services.AddSingleton(journal);
        builder.Trainer.AddStrategy<DeafStrategy>().AddCheckpointIO<RecordingIO>().AddTrainingJob<TinyModule>();
        using var host = builder.Host.Build();

        var exception = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => host.StartAsync(context.CancellationToken));

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy DeafStrategy uses another, OtherIO. Let its CheckpointIO be the one that "
                + "it is handed.",
            exception.Message);
        Assert.IsNull(_exit.Code);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_Seed_IsSetBeforeTheModuleAndTheDataAreMade()
    {
        List<(float[] Before, float[] After, long? Seed)> runs = [];
        foreach (var seed in new[] { 7L, 7L, 8L })
        {
            manual_seed(runs.Count);
            var builder = Builder(
                options => (options.MaxEpochs, options.Seed, options.EnableCheckpointing) = (1, seed, false), withData: false);
            long? seen = null;
            builder.Host.Services.AddSingleton<ITrainingData<(Tensor Inputs, Tensor Targets)>>(_ =>
            {
                seen = Trainer.Seed;
                return new TinyData();
            });
            float[] before = [], after = [];
            builder.Trainer
                .AddCallback(new LambdaCallback()
                    .On<OnFitStartArguments>(fit => before = ((TinyModule)fit.Module).Weights)
                    .On<OnFitEndArguments>(fit => after = ((TinyModule)fit.Module).Weights))
                .AddTrainingJob<TinyModule>();
            using var host = builder.Host.Build();
            await host.RunAsync(context.CancellationToken);
            runs.Add((before, after, seen));
        }

        Assert.AreSequenceEqual([7L, 7L, 8L], runs.Select(run => run.Seed!.Value));
        Assert.AreSequenceEqual(runs[0].Before, runs[1].Before);
        Assert.AreSequenceEqual(runs[0].After, runs[1].After);
        Assert.IsFalse(runs[0].Before.SequenceEqual(runs[2].Before));
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task StopAsync_StepThatDoesNotEndInTime_IsAFailure()
    {
        using var reached = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Builder(options => options.MaxEpochs = null);
        builder.Host.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero);
        builder.Trainer
            .AddCallback(new AtStep(2, () =>
            {
                reached.Set();
                released.Wait(context.CancellationToken);
                ended.SetResult();
            }))
            .AddTrainingJob<TinyModule>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        using var host = builder.Host.Build();

        var running = host.RunAsync(context.CancellationToken);
        await Task.Run(() => reached.Wait(context.CancellationToken), context.CancellationToken);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await running;

        Assert.AreEqual(1, _exit.Code);
        Assert.IsTrue(_exit.LeavesThreads);
        released.Set();
        await ended.Task.WaitAsync(context.CancellationToken);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task StopAsync_DuringAFit_SavesTheNewestStateAndAResumedJobGoesOn()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = Builder(options => options.MaxEpochs = null);
        builder.Trainer
            .AddCallback(new AtStep(6, reached.SetResult))
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddTrainingJob<TinyModule>();
        using (var host = builder.Host.Build())
        {
            var running = host.RunAsync(context.CancellationToken);
            await reached.Task.WaitAsync(context.CancellationToken);
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            await running;
        }

        Assert.AreEqual(143, _exit.Code);
        // Under its own name where the fit was stopped at the end of an epoch, which saves the same state.
        Assert.IsNotEmpty(Directory.GetFiles(Path.Combine(Folder, "checkpoints"), "*.ckpt"));

        long first = 0;
        var again = Builder(options => (options.MaxEpochs, options.MaxSteps) = (null, 1_000_000));
        again.Trainer
            .AddCallback(new AtStep(1, () => { }, trainer =>
            {
                first = first == 0 ? trainer.GlobalStep : first;
                trainer.RequestStop();
            }))
            .AddTrainingJob<TinyModule>(options => options.Resume = true);
        using (var host = again.Host.Build())
        {
            await host.RunAsync(context.CancellationToken);
        }

        Assert.AreEqual(0, _exit.Code);
        Assert.IsGreaterThan(6, first);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_ResumeWithoutACheckpoint_StartsAnew()
    {
        var builder = Builder(options => options.MaxEpochs = 1);
        builder.Trainer.AddTrainingJob<TinyModule>(options => options.Resume = true);
        using var host = builder.Host.Build();

        await host.RunAsync(context.CancellationToken);

        Assert.AreEqual(0, _exit.Code);
    }

    [TestMethod]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task RunAsync_TwoJobs_EndsWithTheWorseOfTheTwo()
    {
        var builder = Builder(options => options.MaxEpochs = 2);
        builder.Trainer.AddTrainingJob<FailingModule>();
        builder.Host.Services.AddTrainer(
            "teacher", options => (options.MaxEpochs, options.DefaultRootDirectory) = (3, Path.Combine(Folder, "teacher")))
            .AddTrainingJob<TinyModule>();
        using var host = builder.Host.Build();
        var teacher = host.Services.GetRequiredKeyedService<Trainer>("teacher");

        await host.RunAsync(context.CancellationToken);

        Assert.AreEqual(1, _exit.Code);
        Assert.AreEqual(12L, teacher.GlobalStep);
    }

    [TestMethod]
    public void AddTrainingJob_Twice_IsRefused()
    {
        var trainer = Compose.Services().AddTrainer().AddTrainingJob<TinyModule>();

        Assert.AreEqual(
            "The trainer already has a job, TinyModule, and cannot have a second, FailingModule. Add another trainer with a name for it.",
            Assert.ThrowsExactly<InvalidOperationException>(() => trainer.AddTrainingJob<FailingModule>()).Message);
    }

    [TestMethod]
    public void AddTrainingJob_RaisesTheTimeoutOfTheHost()
    {
        var builder = Builder(_ => { });
        builder.Trainer.AddTrainingJob<TinyModule>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(7));
        using var host = builder.Host.Build();

        Assert.AreEqual(TimeSpan.FromMinutes(7), host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    [TestMethod]
    public async Task StartAsync_ContradictingOptions_StopTheHost()
    {
        var builder = Builder(_ => { });
        builder.Trainer.AddTrainingJob<TinyModule>(options => (options.Resume, options.CheckpointPath) = (true, "a.ckpt"));
        using var host = builder.Host.Build();

        var exception = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync(context.CancellationToken));

        Assert.AreEqual("TrainingJobOptions: Resume is true and CheckpointPath is 'a.ckpt'; allowed is one of the two.", exception.Message);
    }

    private (HostApplicationBuilder Host, Fulgurite.Composition.ITrainerBuilder Trainer) Builder(
        Action<TrainerOptions> configure, bool withData = true)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton<ProcessExit>(_exit);
        if (withData)
        {
            builder.Services.AddSingleton<ITrainingData<(Tensor Inputs, Tensor Targets)>, TinyData>();
        }

        return (builder, builder.Services.AddTrainer(configure).Configure(options => options.DefaultRootDirectory = Folder));
    }

    private sealed class RecordedExit : ProcessExit
    {
        public int? Code { get; private set; }

        public bool LeavesThreads { get; private set; }

        public override void Set(int code) => Code = code;

        public override void LeaveThreads() => LeavesThreads = true;
    }

    private sealed class AtStep(long step, Action reached, Action<Trainer>? each = null) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            each?.Invoke(arguments.Trainer);
            if (arguments.Trainer.GlobalStep == step)
            {
                reached();
            }
        }
    }

    private sealed class FailingModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        public FailingModule()
            : base(nameof(FailingModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => throw new InvalidOperationException("No optimizer today.");

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => null;
    }
}
