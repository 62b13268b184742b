using System.Runtime.InteropServices;
using Fulgurite.IO;

namespace Fulgurite.Tests.Core.Training;

/// <summary>The interface that a first program uses.</summary>
[TestClass]
public sealed partial class FirstProgramApiTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public void AddMethods_OfBuiltInParts_AddThemWithTheirOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddAsyncCheckpointIO()
            .AddModelCheckpoint(o => (o.Monitor, o.Mode, o.SaveLast) = ("val_loss", MonitorMode.Max, true))
            .AddEarlyStopping(o => (o.Monitor, o.Patience) = ("val_loss", 7))
            .AddOnExceptionCheckpoint()
            .AddProgressView(o => o.Quiet = true)
            .AddCsvLogger()
            .AddSingleDeviceStrategy());

        Assert.IsInstanceOfType<AsyncCheckpointIO>(trainer.Strategy.CheckpointIO);
        Assert.AreEqual(7, trainer.Callbacks.OfType<EarlyStopping>().Single().Options.Patience);
        Assert.AreEqual(MonitorMode.Max, trainer.Callbacks.OfType<ModelCheckpoint>().Single().Options.Mode);
        Assert.HasCount(1, trainer.Loggers);
    }

    [TestMethod]
    public void Metrics_ByName_IsTheValueOrNamesTheOthers()
    {
        using var trainer = NewTrainer();
        using var module = new RaisingModule(_ => { });

        var result = trainer.Fit(module, Batches(3));

        Assert.AreEqual(1.0, trainer.Metrics["step"], "the mean of the epoch");
        var thrown = Assert.ThrowsExactly<KeyNotFoundException>(() => trainer.Metrics["stepp"]);
        Assert.AreEqual("There is no metric 'stepp'. Those that were logged are step.", thrown.Message);
        Assert.StartsWith("Completed after 3 steps and 1 epoch: step 1\n", result.ToString());
    }

    [TestMethod]
    public void Fit_ResumeIfPossible_StartsThenResumes()
    {
        using (var first = NewTrainer())
        {
            using var module = new RaisingModule(_ => { });
            Assert.AreEqual(3, first.Fit(module, Batches(3), checkpointPath: Resume.IfPossible).GlobalStep);
            Assert.IsNull(first.ResumedFrom);
        }

        using var second = NewTrainer(epochs: 2);
        using var resumed = new RaisingModule(_ => { });
        Assert.AreEqual(6, second.Fit(resumed, Batches(3), checkpointPath: Resume.IfPossible).GlobalStep);
        Assert.IsNotNull(second.ResumedFrom);
        Assert.AreEqual(3, resumed.Steps, "only the second epoch");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Fit_WithoutAToken_StopsOnSigtermAndStatesWhatWasSaved()
    {
        var (error, exit) = (Console.Error, Environment.ExitCode);
        using var written = new StringWriter();
        using var arrived = new ManualResetEventSlim();
        Console.SetError(TextWriter.Synchronized(written));
        try
        {
            using var trainer = NewTrainer(epochs: 2);
            using var own = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => arrived.Set());
            using var module = new RaisingModule(step =>
            {
                if (step == 4)
                {
                    Assert.AreEqual(0, Kill(Environment.ProcessId, 15));

                    // Handlers run one after the other on the signal thread, the newest first or last: the token is what counts.
                    Assert.IsTrue(
                        SpinWait.SpinUntil(
                            () => arrived.IsSet && written.ToString().Contains("Stopping", StringComparison.Ordinal),
                            TimeSpan.FromSeconds(30)));
                }
            });

            var result = trainer.Fit(module, Batches(3));

            Assert.AreEqual(FitStatus.Cancelled, result.Status);
            Assert.AreEqual(143, Environment.ExitCode);
            Assert.Contains($"Stopped by SIGTERM after step {result.GlobalStep} (epoch 2).\nThe newest checkpoint is ", written.ToString());
            Assert.Contains("Resume.IfPossible", written.ToString());
        }
        finally
        {
            Console.SetError(error);
            Environment.ExitCode = exit;
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_ErrorOfLibtorch_NamesModuleStageEpochAndBatch(bool validation)
    {
        using var trainer = NewTrainer();
        using var module = new RaisingModule(step => { if (!validation && step == 1) { Fail(); } }, () => Fail());

        var thrown = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, Batches(3), Batches(1)));

        Assert.StartsWith(
            $"RaisingModule failed in {(validation ? "validation, epoch 1, batch 1" : "training, epoch 1, batch 2")}: ", thrown.Message);
        Assert.DoesNotContain("frame #", thrown.Message);
        Assert.Contains("frame #", thrown.InnerException!.Message);
    }

    // Not matmul: with shapes that do not fit, it ended the process.
    private static void Fail() => ones(2, 3).mm(ones(2, 3)).Dispose();

    private static IEnumerable<Tensor> Batches(int count) => Enumerable.Range(0, count).Select(_ => ones(1, 1)).ToArray();

    private Trainer NewTrainer(int epochs = 1) => Trainer.Create(builder => builder
        .Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (epochs, Folder))
        .AddModelCheckpoint(o => o.SaveLast = true));

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);

    private sealed class RaisingModule : TrainingModule<Tensor>
    {
        private readonly Linear _linear = nn.Linear(1, 1);
        private readonly Action<long> _onStep;
        private readonly Action _onValidation;

        public RaisingModule(Action<long> onStep, Action? onValidation = null)
            : base(nameof(RaisingModule))
        {
            RegisterComponents();
            (_onStep, _onValidation) = (onStep, onValidation ?? (() => { }));
        }

        public int Steps { get; private set; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            Steps++;
            _onStep(GlobalStep);
            Log("step", batchIndex);
            return _linear.call(batch).sum();
        }

        public override void ValidationStep(Tensor batch, int batchIndex) => _onValidation();
    }
}
