using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.Bench.Policies;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.Tests.Storage.Stores;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Objects;

/// <summary>
/// Measures one store: every arm once a round, in an order that turns with the round; then a training whose store does not answer.
/// </summary>
internal sealed class ObjectsRun : IDisposable
{
    private readonly string _kind;
    private readonly int _rounds;
    private readonly DirectoryInfo _data;
    private readonly StoreProcess _server;
    private readonly SdkTransfer _sdk;
    private readonly SdkDownloads _downloads;
    private readonly TorchCheckpointIO _io;
    private readonly AsyncCheckpointIO _capturing = new(new DiscardingCheckpointIO());
    private readonly StateSnapshot _snapshot;
    private readonly Arm[] _arms;
    private readonly long _bytes;
    private TrainingState? _loaded;

    private ObjectsRun(string kind, DirectoryInfo data, StoreProcess server, long megabytes, int rounds)
    {
        (_kind, _data, _server, _rounds) = (kind, data, server, rounds);
        _sdk = SdkTransfer.Of(kind, _server.Url);
        _io = new TorchCheckpointIO(_sdk.CreateStorage());
        using (var live = new BenchState("few", megabytes))
        {
            _snapshot = _capturing.TakeSnapshot(live.ToState(1));
        }

        var local = new TorchCheckpointIO();
        local.SaveCheckpointAsync(_snapshot.State, LocalFile, null, CancellationToken.None).GetAwaiter().GetResult();
        _bytes = new FileInfo(LocalFile).Length;
        _downloads = new SdkDownloads(_sdk, LocalFile, LocalFile + ".sdk");
        _arms =
        [
            new("up", () => _io.SaveCheckpointAsync(_snapshot.State, Remote, null, CancellationToken.None), () => { }),
            new("sdk_up", () => _sdk.UploadAsync(LocalFile), () => { }),
            new("down", LoadAsync, () => _loaded!.Dispose()),
            new("sdk_nowhere", _downloads.ToNowhereAsync, _downloads.CheckNowhere),
            new("sdk_file", _downloads.ToFileAsync, _downloads.CheckFile),
            new("sdk_memory", _downloads.ToMemoryAsync, _downloads.CheckMemory),
        ];
    }

    private string LocalFile => Path.Combine(_data.FullName, "state.ckpt");

    private string Remote => $"{_sdk.Folder}/state.ckpt";

    /// <summary>Measures a store.</summary>
    /// <param name="kind">s3rver, moto or azurite.</param>
    /// <param name="megabytes">The size of the state.</param>
    /// <param name="rounds">How often each arm is measured.</param>
    /// <param name="delay">For how many seconds the store does not answer; zero for no training.</param>
    /// <returns>false if the server is not installed.</returns>
    public static bool TryRun(string kind, long megabytes, int rounds, double delay)
    {
        var data = Directory.CreateTempSubdirectory("fulgurite-objects");
        try
        {
            using var server = StoreProcess.TryStart(kind, Path.Combine(data.FullName, kind));
            if (server is null)
            {
                return false;
            }

            using var run = new ObjectsRun(kind, data, server, megabytes, rounds);
            run.Run(TimeSpan.FromSeconds(delay));
            return true;
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private void Run(TimeSpan delay)
    {
        for (var round = 0; round <= _rounds; round++)
        {
            for (var turn = 0; turn < _arms.Length; turn++)
            {
                // What is downloaded has to be there, so the first round keeps the order.
                var arm = _arms[(turn + round) % _arms.Length];
                var (seconds, cpu) = Measure(arm);
                Console.Error.WriteLine($"{_kind}, round {round} of {_rounds}: {arm.Name} took {seconds:N2} s, CPU {cpu:N2} s.");
                if (round > 0)
                {
                    arm.Seconds.Add(seconds);
                    arm.Cpu.Add(cpu);
                }
            }
        }

        var result = new JsonObject
        {
            ["command"] = "objects",
            ["store"] = _kind,
            ["mb"] = JsonLine.Round(_bytes / (double)(1 << 20)),
            ["cores"] = Environment.ProcessorCount,
        };
        foreach (var arm in _arms)
        {
            result[$"{arm.Name}_mbps"] = JsonLine.Round(_bytes / arm.Seconds.Median / 1e6);
        }

        foreach (var (name, peer) in new[]
        {
            ("up", "sdk_up"), ("down", "sdk_nowhere"), ("down", "sdk_file"), ("down", "sdk_memory"),
        })
        {
            result[$"{name}_vs_{peer}"] = JsonLine.Round(Find(peer).Seconds.Median / Find(name).Seconds.Median);
        }

        foreach (var arm in _arms)
        {
            result[$"{arm.Name}_cpu_s_per_gb"] = JsonLine.Round(arm.Cpu.Median / _bytes * 1e9);
        }

        if (delay > TimeSpan.Zero)
        {
            Train(delay, result);
        }

        JsonLine.Print(result);
    }

    public void Dispose()
    {
        _downloads.Dispose();
        _snapshot.Dispose();
        _capturing.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _io.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _sdk.Dispose();
    }

    private Arm Find(string name) => Array.Find(_arms, arm => arm.Name == name)!;

    private static (double Seconds, double Cpu) Measure(Arm arm)
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        arm.Run().GetAwaiter().GetResult();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        cpu = process.TotalProcessorTime - cpu;
        arm.Check();
        return (seconds, cpu.TotalSeconds);
    }

    private async Task LoadAsync() => _loaded = await _io.LoadCheckpointAsync(Remote, null, CancellationToken.None);

    /// <summary>
    /// Trains with a checkpoint every ten steps, with an optimizer whose step makes the copy and with another one: in the store, which from
    /// the first checkpoint on does not answer for a while, and as long in a local folder.
    /// </summary>
    private void Train(TimeSpan delay, JsonObject result)
    {
        using var proxy = new FaultProxy(_server.Url);
        using var remote = SdkTransfer.Of(_kind == "moto" ? "s3rver" : _kind, proxy.Url);
        result["delay_s"] = JsonLine.Round(delay.TotalSeconds);
        foreach (var (isFused, name) in new[] { (true, "save"), (false, "unfused_save") })
        {
            var (far, waits) = Train($"{remote.Folder}/slow-{name}", remote.CreateStorage(), isFused, delay, proxy);
            var (near, nearWaits) = Train(Path.Combine(_data.FullName, name), new LocalStorage(), isFused, delay, proxy: null);
            if (isFused)
            {
                (result["saves"], result["durable"], result["superseded"]) = (far.Saves, far.Durable, far.Superseded);
            }

            Add(name, far, waits);
            Add($"local_{name}", near, nearWaits);
        }

        void Add(string name, CheckpointCosts costs, AsyncCheckpointStatistics waits)
        {
            double PerSave(TimeSpan time) => JsonLine.Round(time.TotalMilliseconds / costs.Saves);
            result[$"{name}_ms"] = PerSave(costs.Stall);
            result[$"{name}_ms_max"] = JsonLine.Round(costs.LongestStall.TotalMilliseconds);
            result[$"{name}_plan_ms"] = PerSave(waits.PlanTime);
            result[$"{name}_copy_ms"] = PerSave(waits.CaptureTime);
            result[$"{name}_room_ms"] = PerSave(waits.WaitTime);
            result[$"{name}_fence_ms"] = PerSave(waits.FenceTime);
        }
    }

    private static (CheckpointCosts Costs, AsyncCheckpointStatistics Waits) Train(
        string folder, IStorage storage, bool isFused, TimeSpan delay, FaultProxy? proxy)
    {
        const int width = 512, batch = 64, every = 10;
        using var inputs = randn(batch, width);
        using var module = new PolicyModule(width, layers: 4, isFused);
        var io = new AsyncCheckpointIO(new TorchCheckpointIO(storage));
        using var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 1, ValidationInterval = ValidationInterval.EveryBatches(every) },
            [
                new ModelCheckpoint(new ModelCheckpointOptions
                {
                    DirPath = folder,
                    Filename = "best-{step}",
                    Monitor = PolicyModule.Score,
                    Mode = MonitorMode.Max,
                    SaveLast = true,
                }),
            ]);
        var costs = trainer.Fit(module, Batches(proxy, delay, inputs, every), [(inputs, inputs)]).Checkpoints;
        return (costs, io.Statistics);
    }

    private static IEnumerable<(Tensor Inputs, Tensor Targets)> Batches(FaultProxy? proxy, TimeSpan delay, Tensor inputs, int every)
    {
        for (var step = 0; step < 2 * every; step++)
        {
            yield return (inputs, inputs);
        }

        proxy?.Close();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < delay)
        {
            yield return (inputs, inputs);
        }

        proxy?.Open();
        for (var step = 0; step < every; step++)
        {
            yield return (inputs, inputs);
        }
    }

    /// <summary>A way to transfer the bytes.</summary>
    /// <param name="Name">The prefix of its fields.</param>
    /// <param name="Run">The transfer, which is measured.</param>
    /// <param name="Check">Compares what has arrived, and releases it.</param>
    private sealed record Arm(string Name, Func<Task> Run, Action Check)
    {
        public Samples Seconds { get; } = new();

        public Samples Cpu { get; } = new();
    }
}
