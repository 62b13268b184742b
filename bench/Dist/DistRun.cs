using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Dist;

/// <summary>Measures a training of several processes, and the same of one.</summary>
internal sealed class DistRun(int width, int layers, int batch, int steps)
{
    /// <summary>Starts one process alone, then several by a launcher, and prints the result of both.</summary>
    public int Launch(int ranks, string launcher)
    {
        var folder = Directory.CreateTempSubdirectory("fulgurite-dist");
        try
        {
            return Launch(ranks, launcher, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private int Launch(int ranks, string launcher, string folder)
    {
        string[] WorkOn(int items) =>
        [
            Path.Combine(AppContext.BaseDirectory, "Fulgurite.Bench.dll"), "dist", "--worker", folder,
            .. new[] { ("--width", width), ("--layers", layers), ("--batch", items), ("--steps", steps) }
                .SelectMany(each => new[] { each.Item1, each.Item2.ToString(CultureInfo.InvariantCulture) }),
        ];
        var work = WorkOn(batch);
        string[] yielding = launcher.Contains("openmpi", StringComparison.Ordinal)
            ? ["--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1"]
            : [];
        var ofShare = WorkOn(Math.Max(batch / ranks, 1));
        if (Start("dotnet", work) is not { } alone || Start("dotnet", ofShare) is not { } share
            || StartAll(ranks, "dotnet", ofShare, folder) is not { } unconnected
            || Start(launcher, [.. yielding, "-np", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", .. work]) is not { } together)
        {
            return 1;
        }

        together["step_ms_1"] = alone["step_ms"]!.DeepClone();
        together["durable_ms_1"] = alone["durable_ms"]!.DeepClone();
        together["sharded_durable_ms_1"] = alone["sharded_durable_ms"]!.DeepClone();
        together["sharded_save_ms_1"] = alone["sharded_save_ms"]!.DeepClone();
        double Of(JsonObject line, string field) => (double)line[field]!;
        together["step_ms_share"] = share["step_ms"]!.DeepClone();
        together["step_ms_unconnected"] = JsonLine.Round(unconnected.Max(line => Of(line, "step_ms")));
        double Added(string without) =>
            JsonLine.Round((Of(together, "step_ms_after") - Of(together, without)) / Of(together, "memcpy_ms"));
        together["added_vs_memcpy"] = Added("step_ms_share");
        together["added_by_exchange_vs_memcpy"] = Added("step_ms_unconnected");
        together["sharded_durable_vs_1"] = JsonLine.Round(Of(together, "sharded_durable_ms") / Of(alone, "sharded_durable_ms"));
        JsonLine.Print(together);
        return 0;
    }

    /// <summary>Measures in this process; rank 0 prints.</summary>
    /// <param name="folder">The folder for checkpoints, the same in all processes.</param>
    public int Work(string folder)
    {
        set_num_threads(1);
        manual_seed(1);
        using var module = new DistModule(width, layers, Path.Combine(folder, "one.ckpt"));
        var isFirst = Train(module, new TorchCheckpointIO(), overlaps: true);
        using var parts = new DistModule(width, layers, Path.Combine(folder, "parts.ckpt"));
        Train(parts, new ShardedCheckpointIO(), overlaps: false);
        if (isFirst)
        {
            Print(module, parts);
        }

        return 0;
    }

    /// <summary>Trains, and saves at the end.</summary>
    /// <returns>Whether this is rank 0.</returns>
    private bool Train(DistModule module, CheckpointIO checkpointIO, bool overlaps)
    {
        using var trainer = new Trainer(
            new MpiStrategy(new AsyncCheckpointIO(checkpointIO), new MpiStrategyOptions { OverlapBackward = overlaps }),
            new TrainerOptions { MaxEpochs = 1 },
            [
                // Saves nothing, but has the run prepare for saves, as in a training that saves.
                new ModelCheckpoint(new ModelCheckpointOptions { DirPath = module.Folder, Trigger = new NeverTrigger(), SaveTopK = 1 }),
            ]);
        using var inputs = rand(batch * (steps + 3L), width);
        trainer.Fit(module, DataSource.FromTensors(inputs, new() { BatchSize = batch }));
        module.Ranks = trainer.Strategy.Collectives.WorldSize;
        return trainer.Strategy.Collectives.IsRankZero;
    }

    private static void Print(DistModule module, DistModule parts)
    {
        var line = new JsonObject
        {
            ["command"] = "dist",
            ["ranks"] = module.Ranks,
            ["step_ms"] = JsonLine.Round(Arms.Median(module.Steps)),
            ["step_ms_after"] = JsonLine.Round(Arms.Median(parts.Steps)),
            ["allreduce_ms"] = JsonLine.Round(module.ReduceTime),
            ["sum_ms"] = JsonLine.Round(module.SumTime),
            ["memcpy_ms"] = JsonLine.Round(module.CopyTime),
            ["exchange_ms"] = JsonLine.Round(module.ExchangeTime),
            ["step_exchanges"] = parts.StepExchanges,
            ["bytes_per_rank"] = module.GradientBytes,
            ["checkpoint_bytes"] = module.CheckpointBytes,
            ["cores"] = Environment.ProcessorCount,
        };
        module.Saves.AddTo(line, string.Empty);
        parts.Saves.AddTo(line, "sharded_");
        JsonLine.Print(line);
    }

    /// <summary>Starts processes that compute at the same time, without communication.</summary>
    private static List<JsonObject>? StartAll(int count, string program, IReadOnlyList<string> arguments, string folder)
    {
        var runs = Enumerable.Range(0, count).Select(number => Task.Run(
            () => Start(program, [.. arguments.Select(each => each == folder ? Path.Combine(folder, $"{number}") : each)]))).ToArray();
        var lines = Task.WhenAll(runs).GetAwaiter().GetResult();
        return Array.TrueForAll(lines, line => line is not null) ? [.. lines.Select(line => line!)] : null;
    }

    private static JsonObject? Start(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        (start.Environment["OMPI_ALLOW_RUN_AS_ROOT"], start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) = ("1", "1");
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();

            // A launcher may write control characters before the result.
            var (first, last) = (output.IndexOf('{', StringComparison.Ordinal), output.LastIndexOf('}'));
            return process.ExitCode == 0 && first >= 0 && last > first ? JsonNode.Parse(output[first..(last + 1)])!.AsObject() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"{program} is not installed; eng/mpi.sh installs it.");
            return null;
        }
    }
}
