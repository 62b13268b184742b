using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;
using Fulgurite.Testing;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Incremental;

/// <summary>The settings of <see cref="IncrementalRun"/>.</summary>
/// <param name="Megabytes">The size of the embedding.</param>
/// <param name="Width">The number of elements of a row.</param>
/// <param name="Share">The part of the rows that changes between two saves.</param>
/// <param name="Chain">The number of increments after the full file.</param>
/// <param name="Rounds">The number of loads.</param>
/// <param name="Directory">The folder for checkpoints.</param>
internal sealed record IncrementalSettings(int Megabytes, int Width, double Share, int Chain, int Rounds, string Directory);

/// <summary>Saves of an embedding of which a few rows change, as full files and as increments, in turns; then loads of both.</summary>
internal sealed class IncrementalRun(IncrementalSettings settings) : IDisposable
{
    private readonly long _rows = settings.Megabytes * (long)(1 << 20) / sizeof(float) / settings.Width;
    private readonly Samples _full = new();
    private readonly Samples _increment = new();

    public void Run()
    {
        Directory.CreateDirectory(settings.Directory);
        manual_seed(1);
        using var scope = NewDisposeScope();
        using var tensor = rand(_rows, settings.Width);
        var (fullStorage, storage) = (new MeteredStorage(new IO.LocalStorage()), new MeteredStorage(new IO.LocalStorage()));
        CheckpointIO full = new SafetensorsCheckpointIO(fullStorage);
        CheckpointIO io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = settings.Chain }, storage);
        var capturing = new AsyncCheckpointIO(new DiscardingCheckpointIO());
        try
        {
            for (var save = 0; save <= settings.Chain; save++)
            {
                Touch(tensor);
                using var snapshot = capturing.TakeSnapshot(StateOf(tensor, save));
                _ = snapshot.State;
                for (var turn = 0; turn < 2; turn++)
                {
                    var isFull = (turn + save) % 2 == 0;
                    var seconds = Save(isFull ? full : io, snapshot.State, isFull ? "full" : "increments");

                    // The first save is a full file in both.
                    if (save > 0)
                    {
                        (isFull ? _full : _increment).Add(seconds);
                    }
                }
            }

            var written = (double)fullStorage.Bytes / (settings.Chain + 1);
            var loads = Arms.Medians(settings.Rounds, () => Load(full, "full"), () => Load(io, "increments"));
            JsonLine.Print(new JsonObject
            {
                ["command"] = "incremental",
                ["arm"] = "hashes",
                ["mb"] = settings.Megabytes,
                ["row_bytes"] = settings.Width * sizeof(float),
                ["share"] = settings.Share,
                ["chain"] = settings.Chain,
                ["full_ms"] = JsonLine.Round(_full.Median * 1000),
                ["increment_ms"] = JsonLine.Round(_increment.Median * 1000),
                ["time_share"] = JsonLine.Round(_increment.Median / _full.Median),
                ["bytes_share"] = JsonLine.Round((storage.Bytes - written) / settings.Chain / written),
                ["load_full_ms"] = JsonLine.Round(loads[0] * 1000),
                ["load_chain_ms"] = JsonLine.Round(loads[1] * 1000),
                ["load_ratio"] = JsonLine.Round(loads[1] / loads[0]),
            });
        }
        finally
        {
            capturing.DisposeAsync().AsTask().GetAwaiter().GetResult();
            io.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    public void Dispose() => Directory.Delete(settings.Directory, recursive: true);

    private string PathOf(string name) => Path.Combine(settings.Directory, name, "last.safetensors");

    private void Touch(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var rows = randint(0, _rows, [Math.Max(1, (long)(_rows * settings.Share))], int64);
        tensor.index_put_(rand(rows.numel(), settings.Width), [TensorIndex.Tensor(rows)], accumulate: false);
    }

    private static TrainingState StateOf(Tensor tensor, int step) => new(new StateMap
    {
        ["global_step"] = step,
        ["state_dict"] = new StateMap { ["embedding.weight"] = TensorData.FromTensor(tensor) },
    });

    private double Save(CheckpointIO io, TrainingState state, string name)
    {
        var start = Stopwatch.GetTimestamp();
        io.SaveCheckpointAsync(state, PathOf(name), null, CancellationToken.None).GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private double Load(CheckpointIO io, string name)
    {
        var start = Stopwatch.GetTimestamp();
        using var state = io.LoadCheckpointAsync(PathOf(name), null, CancellationToken.None).GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
