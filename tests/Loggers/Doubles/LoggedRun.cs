using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Loggers.Doubles;

/// <summary>Small trainings of twelve steps: three epochs of four, a validation after each, a checkpoint every three steps.</summary>
internal static class LoggedRun
{
    public const int Steps = 12;

    private static readonly int[] Data = [1, 2, 1, 3];

    /// <param name="root">The folder of the run.</param>
    /// <param name="logger">The logger; disposed.</param>
    /// <param name="stopAt">At which step to stop; null for the end.</param>
    /// <param name="resumeAt">The step of the checkpoint to go on from; null to start anew.</param>
    /// <param name="throwAt">At which step to throw; -1 for never.</param>
    /// <param name="monitor">What checkpoints are compared by; they are then saved after validations.</param>
    /// <param name="callbacks">More callbacks.</param>
    public static FitResult Fit(
        string root,
        IMetricLogger logger,
        long? stopAt = null,
        long? resumeAt = null,
        long throwAt = -1,
        string? monitor = null,
        params Callback[] callbacks)
    {
        using var stop = new CancellationTokenSource();
        using var module = new LoggingModule { ThrowAt = throwAt };
        var checkpoints = new ModelCheckpoint(
            new ModelCheckpointOptions
            {
                DirPath = Path.Combine(root, "checkpoints"),
                Filename = "{step}",
                Monitor = monitor,
                EveryNTrainSteps = monitor is null ? 3 : 0,
                SaveTopK = -1,
                SaveOnInterruption = false,
            });
        using var trainer = new Trainer(
            new SingleDeviceStrategy(new TorchCheckpointIO()),
            new TrainerOptions { MaxSteps = Steps, LogEveryNSteps = 1, DefaultRootDirectory = root },
            [checkpoints, new StopAt(stopAt, stop), .. callbacks],
            [logger]);
        try
        {
            return trainer.Fit(
                module, Data, Data, resumeAt is { } step ? Path.Combine(root, "checkpoints", $"step={step}.ckpt") : null, stop.Token);
        }
        finally
        {
            (logger as IDisposable)?.Dispose();
        }
    }

    private sealed class StopAt(long? step, CancellationTokenSource stop) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == step)
            {
                stop.Cancel();
            }
        }
    }
}
