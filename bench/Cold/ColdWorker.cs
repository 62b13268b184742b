using System.Diagnostics;
using System.Runtime;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.Bench.Resume;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Cold;

/// <summary>What a new process does first, and once more; prints one JSON line.</summary>
internal static class ColdWorker
{
    private const int WarmSteps = 5;

    /// <summary>Trains with FusedAdam and saves twice; the time is that for which the training thread waits.</summary>
    public static void Save(string directory, long megabytes)
    {
        using var live = new BenchState("few", megabytes / 3);
        using var module = new ResumeModule(live.Tensors, isFused: true) { Trains = true };
        var saves = new TimedSaves(Path.Combine(directory, "cold-save.ckpt"));
        using var trainer = new Trainer(
            new SingleDeviceStrategy(new AsyncCheckpointIO(new TorchCheckpointIO())),
            new TrainerOptions { MaxSteps = 2 * WarmSteps },
            [saves]);
        using var batch = ones(1);
        trainer.Fit(module, Enumerable.Repeat(batch, 2 * WarmSteps));
        Print(saves.Costs);
    }

    /// <summary>Fits twice up to the first batch.</summary>
    /// <param name="path">The checkpoint to resume from; null to start from scratch.</param>
    /// <param name="format">The format, torch or safetensors.</param>
    public static void Start(string? path, string format)
    {
        using var live = new BenchState("few", 1);
        using var module = new ResumeModule(live.Tensors);
        CheckpointIO io = format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        List<Cost> costs = [];
        for (var time = 0; time < 2; time++)
        {
            costs.Add(Cost.Of(() => FirstBatch.Reach(module, io, path).Seconds, isOfThisThread: false));
        }

        Print(costs);
    }

    /// <summary>Writes the checkpoint from which <see cref="Start"/> resumes.</summary>
    public static void Prepare(string path, string format)
    {
        using var live = new BenchState("few", 1);
        using var module = new ResumeModule(live.Tensors);
        CheckpointIO io = format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        FirstBatch.Reach(module, io, null, trainer => trainer.SaveCheckpoint(path).Completion.GetAwaiter().GetResult());
    }

    private static void Print(List<Cost> costs) => JsonLine.Print(new JsonObject
    {
        ["first_ms"] = costs[0].Seconds * 1000,
        ["second_ms"] = costs[1].Seconds * 1000,
        ["methods"] = costs[0].Methods,
        ["jit_ms"] = costs[0].Compiling.TotalMilliseconds,
    });

    private sealed record Cost(double Seconds, long Methods, TimeSpan Compiling)
    {
        /// <summary>Measures; what other threads compile counts only if the measured code waits for them.</summary>
        public static Cost Of(Func<double> measure, bool isOfThisThread)
        {
            var (methods, compiling) = (JitInfo.GetCompiledMethodCount(isOfThisThread), JitInfo.GetCompilationTime(isOfThisThread));
            var seconds = measure();
            return new Cost(
                seconds, JitInfo.GetCompiledMethodCount(isOfThisThread) - methods, JitInfo.GetCompilationTime(isOfThisThread) - compiling);
        }
    }

    private sealed class TimedSaves(string path) : Checkpoint
    {
        public List<Cost> Costs { get; } = [];

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep % WarmSteps == 0)
            {
                Costs.Add(Cost.Of(
                    () =>
                    {
                        var start = Stopwatch.GetTimestamp();
                        Save(arguments.Trainer, weightsOnly: false, (path, new SaveOptions { Slot = "last" }));
                        return Stopwatch.GetElapsedTime(start).TotalSeconds;
                    },
                    isOfThisThread: true));
            }
        }
    }
}
