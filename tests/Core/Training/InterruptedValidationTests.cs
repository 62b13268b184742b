namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class InterruptedValidationTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void Fit_CancelledInAValidationThatDrawsNumbers_GoesOnAsIfNeverStopped(int batch)
    {
        var whole = Run(new InMemoryCheckpointIO(), cancelInBatch: null, resumeFrom: null, out _);

        var storage = new InMemoryCheckpointIO();
        Run(storage, batch, resumeFrom: null, out var status);
        var resumed = Run(storage, cancelInBatch: null, "stopped.ckpt", out _);

        Assert.AreEqual(FitStatus.Cancelled, status);
        Assert.AreSequenceEqual(whole, resumed);
    }

    private static float[] Run(InMemoryCheckpointIO storage, int? cancelInBatch, string? resumeFrom, out FitStatus status)
    {
        manual_seed(resumeFrom is null ? 4 : 5);
        using var cancellation = new CancellationTokenSource();
        using var module = new DrawingModule();
        var canceller = new Canceller(cancelInBatch, cancellation);
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 2 },
            [canceller, new SavingCheckpoint { OnInterruption = true }]);
        status = trainer.Fit(module, new SmallData(4), new SmallData(3), resumeFrom, cancellation.Token).Status;
        return [.. module.parameters().SelectMany(parameter => parameter.detach().data<float>().ToArray())];
    }

    private sealed class Canceller(int? batch, CancellationTokenSource cancellation) : Callback
    {
        public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments)
        {
            if (arguments.BatchIndex == batch)
            {
                cancellation.Cancel();
            }
        }
    }

    private sealed class DrawingModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _layer = nn.Linear(4, 1);

        public DrawingModule()
            : base(nameof(DrawingModule)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.05);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            nn.functional.mse_loss(_layer.call(batch.Inputs + randn_like(batch.Inputs)), batch.Targets);

        public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            Log("val_loss", nn.functional.mse_loss(_layer.call(batch.Inputs + randn_like(batch.Inputs)), batch.Targets));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _layer.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
