using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Testing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Incremental;

/// <summary>
/// Saves of an embedding and its moments between steps with sparse gradients, in the background, as full files and as increments, in turns;
/// then loads of both.
/// </summary>
internal sealed class RowsRun(IncrementalSettings settings) : IDisposable
{
    /// <summary>The embedding and the two moments of Adam.</summary>
    private const int Tensors = 3;

    private readonly long _rows = settings.Megabytes * (long)(1 << 20) / sizeof(float) / settings.Width / Tensors;

    public void Run()
    {
        Directory.CreateDirectory(settings.Directory);
        manual_seed(1);
        using var embedding = nn.Parameter(rand(_rows, settings.Width));
        using var optimizer = new FusedAdam([embedding]);
        var full = new Arm("full", storage => new SafetensorsCheckpointIO(storage), settings.Directory);
        var increments = new Arm(
            "increments",
            storage => new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = settings.Chain }, storage),
            settings.Directory);
        try
        {
            for (var save = 0; save <= settings.Chain; save++)
            {
                full.IO.BeforeParametersChange();
                increments.IO.BeforeParametersChange();
                Step(embedding, optimizer);
                foreach (var arm in save % 2 == 0 ? new[] { full, increments } : [increments, full])
                {
                    using var state = StateOf(embedding, optimizer, save);

                    // The first save is a full file in both.
                    arm.Save(state, isCounted: save > 0);
                }
            }

            var written = (double)full.Storage.Bytes / (settings.Chain + 1);
            var loads = Arms.Medians(settings.Rounds, full.Load, increments.Load);
            JsonLine.Print(new JsonObject
            {
                ["command"] = "incremental",
                ["arm"] = "rows",
                ["mb"] = settings.Megabytes,
                ["row_bytes"] = settings.Width * sizeof(float),
                ["share"] = settings.Share,
                ["chain"] = settings.Chain,
                ["full_ms"] = JsonLine.Round(full.Writes.Median * 1000),
                ["increment_ms"] = JsonLine.Round(increments.Writes.Median * 1000),
                ["time_share"] = JsonLine.Round(increments.Writes.Median / full.Writes.Median),
                ["processor_full_ms"] = JsonLine.Round(full.Processor.Median * 1000),
                ["processor_ms"] = JsonLine.Round(increments.Processor.Median * 1000),
                ["bytes_share"] = JsonLine.Round((increments.Storage.Bytes - written) / settings.Chain / written),
                ["capture_full_ms"] = JsonLine.Round(full.Captures.Median * 1000),
                ["capture_ms"] = JsonLine.Round(increments.Captures.Median * 1000),
                ["capture_share"] = JsonLine.Round(increments.Captures.Median / full.Captures.Median),
                ["load_full_ms"] = JsonLine.Round(loads[0] * 1000),
                ["load_chain_ms"] = JsonLine.Round(loads[1] * 1000),
                ["load_ratio"] = JsonLine.Round(loads[1] / loads[0]),
            });
        }
        finally
        {
            full.Dispose();
            increments.Dispose();
        }
    }

    public void Dispose() => Directory.Delete(settings.Directory, recursive: true);

    private static TrainingState StateOf(Parameter embedding, FusedAdam optimizer, int step)
    {
        var moments = (Adam.State)optimizer.state_dict().State[0];
        return new TrainingState(new StateMap
        {
            ["global_step"] = step,
            ["state_dict"] = new StateMap { ["embedding.weight"] = TensorData.FromTensor(embedding, TensorStability.UntilOptimizerStep) },
            ["exp_avg"] = TensorData.FromTensor(moments.exp_avg, TensorStability.UntilOptimizerStep),
            ["exp_avg_sq"] = TensorData.FromTensor(moments.exp_avg_sq, TensorStability.UntilOptimizerStep),
        });
    }

    private void Step(Parameter embedding, FusedAdam optimizer)
    {
        using var scope = NewDisposeScope();
        var count = Math.Max(1, (long)(_rows * settings.Share));
        embedding.grad = sparse_coo_tensor(
            randint(0, _rows, [1, count], dtype: int64), rand(count, settings.Width) + 0.1, [_rows, settings.Width]);
        optimizer.step();
        embedding.grad = null;
    }

    private sealed class Arm : IDisposable
    {
        private readonly string _path;

        public Arm(string name, Func<IStorage, CheckpointIO> make, string directory)
        {
            _path = Path.Combine(directory, name, "last.safetensors");
            Storage = new MeteredStorage(new LocalStorage());
            IO = new AsyncCheckpointIO(make(Storage));
        }

        public MeteredStorage Storage { get; }

        public AsyncCheckpointIO IO { get; }

        public Samples Captures { get; } = new();

        public Samples Writes { get; } = new();

        public Samples Processor { get; } = new();

        public void Save(TrainingState state, bool isCounted)
        {
            var start = Stopwatch.GetTimestamp();
            var operation = IO.Submit(state, _path, null);

            // As the next step would.
            IO.BeforeParametersChange();
            var captured = Stopwatch.GetElapsedTime(start).TotalSeconds;
            operation.Durable.GetAwaiter().GetResult();
            if (isCounted)
            {
                Captures.Add(captured);
                Writes.Add(operation.WriteTime.TotalSeconds);
                Processor.Add(operation.ProcessorTime.TotalSeconds);
            }
        }

        public double Load()
        {
            var start = Stopwatch.GetTimestamp();
            using var state = IO.LoadCheckpointAsync(_path, null, CancellationToken.None).GetAwaiter().GetResult();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose() => IO.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
