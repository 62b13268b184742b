using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Stall.Saturated;

/// <summary>
/// A save at every step while the disk is as busy as it can be: what the training thread waits, and what memory that takes.
/// </summary>
internal static class SaturatedRun
{
    /// <summary>Until what a save runs is compiled for good, which the runtime does after some calls and some time.</summary>
    private const int WarmUp = 150;

    private const int MemoryEvery = 20;

    public static int Run(StallSettings settings, int saves)
    {
        Directory.CreateDirectory(settings.Directory);
        if (settings.Threads > 0)
        {
            set_num_threads(settings.Threads);
        }

        try
        {
            using var training = BareTraining.OfPerceptron(settings.Width, settings.Layers, settings.Batch);
            using var load = new DiskLoad(settings.Directory);
            var io = new AsyncCheckpointIO(new TorchCheckpointIO());
            try
            {
                JsonLine.Print(Measure(io, training, settings, saves, load));
            }
            finally
            {
                io.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            Directory.Delete(settings.Directory, recursive: true);
        }

        return 0;
    }

    private static JsonObject Measure(AsyncCheckpointIO io, BareTraining training, StallSettings settings, int saves, DiskLoad load)
    {
        using var state = training.ToState(0);
        io.Prepare(state);
        var stalls = new Samples();
        var memory = new Samples();
        var operations = new List<SaveOperation>(saves);
        var path = Path.Combine(settings.Directory, "last.ckpt");
        var last = new SaveOptions { Slot = "last" };
        var mostSnapshots = 0L;
        var collections = 0;
        for (var step = -WarmUp; step < saves; step++)
        {
            if (step == 0)
            {
                collections = GC.CollectionCount(0);
            }

            var start = Stopwatch.GetTimestamp();
            var operation = io.Submit(training.ToState(step), path, last);
            var submit = Stopwatch.GetElapsedTime(start);
            training.Compute();
            start = Stopwatch.GetTimestamp();
            io.BeforeParametersChange();
            var fence = Stopwatch.GetElapsedTime(start);
            training.OptimizerStep();
            if (step < 0)
            {
                continue;
            }

            operations.Add(operation);
            stalls.Add((submit + fence).TotalMilliseconds);
            mostSnapshots = Math.Max(mostSnapshots, io.Statistics.MemoryBytes);
            if (step % MemoryEvery == 0)
            {
                memory.Add(Environment.WorkingSet / (double)(1 << 20));
            }
        }

        collections = GC.CollectionCount(0) - collections;
        io.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
        var writes = new Samples();
        operations.FindAll(operation => operation.Outcome == CheckpointOutcome.Durable).ForEach(
            operation => writes.Add(operation.WriteTime.TotalMilliseconds));
        return new JsonObject
        {
            ["command"] = "stall-saturated",
            ["state_mb"] = JsonLine.Round(StorageLayout.Of(state).ByteLength / (double)(1 << 20)),
            ["disk_gbps"] = JsonLine.Round(load.Rate),
            ["threads"] = get_num_threads(),
            ["saves"] = operations.Count,
            ["durable"] = operations.Count(operation => operation.Outcome == CheckpointOutcome.Durable),
            ["superseded"] = operations.Count(operation => operation.Outcome == CheckpointOutcome.Superseded),
            ["write_ms"] = JsonLine.Round(writes.Median),
            ["waits"] = io.Statistics.Waits,
            ["save_ms"] = JsonLine.Round(stalls.Median),
            ["save_ms_p99"] = JsonLine.Round(stalls.Quantile(0.99)),
            ["save_ms_p999"] = JsonLine.Round(stalls.Quantile(0.999)),
            ["save_ms_max"] = JsonLine.Round(stalls.Max),
            ["p999_to_median"] = JsonLine.Round(stalls.Quantile(0.999) / stalls.Median),
            ["collections"] = collections,
            ["process_mb_first"] = JsonLine.Round(memory.Values[0]),
            ["process_mb_last"] = JsonLine.Round(memory.Values[^1]),
            ["process_mb_max"] = JsonLine.Round(memory.Max),
            ["snapshots_mb_max"] = JsonLine.Round(mostSnapshots / (double)(1 << 20)),
        };
    }
}
