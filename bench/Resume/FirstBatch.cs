using System.Diagnostics;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Resume;

/// <summary>The time from the call of <c>Fit</c> to the first batch, and of its parts.</summary>
/// <param name="Seconds">The whole time.</param>
/// <param name="Loading">From the call until the state is loaded, and verified if its reading is deferred.</param>
/// <param name="Restoring">From then, without the creation of the optimizers, until all is restored.</param>
/// <param name="Processor">The processor time of the process.</param>
internal readonly record struct FirstBatch(double Seconds, double Loading, double Restoring, TimeSpan Processor)
{
    /// <summary>Fits up to the first batch.</summary>
    /// <param name="module">The module.</param>
    /// <param name="io">What loads the checkpoint.</param>
    /// <param name="checkpointPath">The checkpoint to resume from; null to start from scratch.</param>
    /// <param name="atFirstBatch">Called at the first batch, outside of the times.</param>
    public static FirstBatch Reach(ResumeModule module, CheckpointIO io, string? checkpointPath, Action<Trainer>? atFirstBatch = null)
    {
        using var cancellation = new CancellationTokenSource();
        var marks = new Marks(arguments =>
        {
            atFirstBatch?.Invoke(arguments.Trainer);
            cancellation.Cancel();
        });
        using var trainer = new Trainer(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1 }, [marks]);
        using var batch = ones(1);
        module.Loaded = 0;
        var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        trainer.Fit(module, new[] { batch, batch }, checkpointPath: checkpointPath, cancellationToken: cancellation.Token);
        return new FirstBatch(
            Stopwatch.GetElapsedTime(start, marks.FirstBatch).TotalSeconds,
            module.Loaded == 0 ? 0 : Stopwatch.GetElapsedTime(start, module.Loaded).TotalSeconds,
            module.Loaded == 0 ? 0 : Stopwatch.GetElapsedTime(marks.Restoring, marks.Restored).TotalSeconds,
            marks.Processor - before);
    }

    private sealed class Marks(Action<OnTrainBatchStartArguments> atFirstBatch) : Fulgurite.Callback
    {
        public long Restoring { get; private set; }

        public long Restored { get; private set; }

        public long FirstBatch { get; private set; }

        public TimeSpan Processor { get; private set; }

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => Restoring = Stopwatch.GetTimestamp();

        public override void OnFitStart(OnFitStartArguments arguments) => Restored = Stopwatch.GetTimestamp();

        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments)
        {
            (FirstBatch, Processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            atFirstBatch(arguments);
        }
    }
}
