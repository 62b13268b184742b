using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.Testing;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Policies;

/// <summary>Trains the same model in the same way once for each policy of saving.</summary>
internal sealed class PolicyRun(int width, int layers, int batch, int steps, int every, string directory)
{
    private const string Waiting = "best-and-last-waiting";
    private const string Background = "best-and-last";
    private const string InMemory = "best-in-memory";
    private const string Nothing = "none";

    public void Run()
    {
        Directory.CreateDirectory(directory);
        using var inputs = randn(batch, width);
        using var targets = randn(batch, width);
        try
        {
            // Excludes one-time compilation and allocation.
            Train(InMemory, inputs, targets, every);
            Train(Background, inputs, targets, every);
            foreach (var policy in new[] { Nothing, Waiting, Background, InMemory })
            {
                JsonLine.Print(Train(policy, inputs, targets, steps));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private JsonObject Train(string policy, Tensor inputs, Tensor targets, int count)
    {
        manual_seed(1);
        var folder = Directory.CreateDirectory(Path.Combine(directory, policy)).FullName;
        var storage = new MeteredStorage(new LocalStorage());
        using var module = new PolicyModule(width, layers);
        using var best = policy == InMemory
            ? new BestInMemoryCheckpoint(new BestInMemoryOptions { DirPath = folder, Monitor = PolicyModule.Score, Mode = MonitorMode.Max })
            : null;
        CheckpointIO io = new TorchCheckpointIO(storage);
        using var trainer = new Trainer(
            new SingleDeviceStrategy(policy == Waiting ? io : new AsyncCheckpointIO(io)),
            new TrainerOptions
            {
                StopOnSignals = false,
                MaxEpochs = 1,
                ValidationInterval = ValidationInterval.EveryBatches(every),
                DefaultRootDirectory = folder,
            },
            policy == Nothing ? [] : [best as Checkpoint ?? BestAndLast(folder)]);
        var start = Stopwatch.GetTimestamp();
        var result = trainer.Fit(module, Enumerable.Repeat((inputs, targets), count).ToList(), [(inputs, targets)]);
        var total = Stopwatch.GetElapsedTime(start);
        var costs = result.Checkpoints;
        Directory.Delete(folder, recursive: true);
        return new JsonObject
        {
            ["command"] = "policies",
            ["policy"] = policy,
            ["io"] = policy == Waiting ? "torch" : "async",
            ["steps"] = result.GlobalStep,
            ["validations"] = module.Validations,
            ["saves"] = costs.Saves,
            ["durable"] = costs.Durable,
            ["superseded"] = costs.Superseded,
            ["files_written"] = storage.Files,
            ["links"] = storage.Links,
            ["written_mb"] = JsonLine.Round(storage.Bytes / (double)(1 << 20)),
            ["waited_ms"] = JsonLine.Round((costs.Stall + (best?.Stall ?? TimeSpan.Zero)).TotalMilliseconds),
            ["waited_ms_max"] = JsonLine.Round(costs.LongestStall.TotalMilliseconds),
            ["drain_ms"] = JsonLine.Round(costs.Drain.TotalMilliseconds),
            ["memory_mb"] = JsonLine.Round((best?.ByteLength ?? 0) / (double)(1 << 20)),
            ["total_s"] = JsonLine.Round(total.TotalSeconds),
        };
    }

    private static ModelCheckpoint BestAndLast(string folder) => new(new ModelCheckpointOptions
    {
        DirPath = folder,
        Filename = "best-{step}",
        Monitor = PolicyModule.Score,
        Mode = MonitorMode.Max,
        SaveLast = true,
    });
}
