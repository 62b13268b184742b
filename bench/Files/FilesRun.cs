using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;
using Fulgurite.IO.Safetensors;
using Fulgurite.IO.Storage.Local;
using Fulgurite.IO.Torch;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Files;

/// <summary>One run of <c>files</c>: every arm once a round, in an order that turns with the round.</summary>
internal sealed class FilesRun : IDisposable
{
    private readonly FilesSettings _settings;
    private readonly BenchState _live;
    private readonly TrainingState _captured;
    private readonly RawFile _raw;
    private readonly CheckpointIO _io;
    private readonly PythonPeer? _peer;
    private readonly Dictionary<string, Samples> _seconds = [];
    private readonly Samples _cpu = new();
    private readonly Samples _rawCpu = new();
    private readonly Samples _peak = new();
    private readonly long _bytes;
    private bool _isDirect;

    public FilesRun(FilesSettings settings)
    {
        _settings = settings;
        Directory.CreateDirectory(settings.Directory);
        _live = new BenchState(settings.Shape, settings.Megabytes);
        _captured = Capture(_live);
        _bytes = StorageLayout.Of(_captured).ByteLength;
        _raw = new RawFile(_bytes, Math.Min(Environment.ProcessorCount, 4));
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = settings.Direct });
        _io = settings.Format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);
        if (settings.Peers)
        {
            _peer = PythonPeer.TryStart("files.py", out var missing, settings.Shape, settings.Megabytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (missing is not null)
            {
                Console.Error.WriteLine(missing);
            }
        }
    }

    public void Run()
    {
        List<(string Name, Func<double> Measure)> arms = [("save", Save), ("raw_write", RawWrite), ("load", Load), ("raw_read", RawRead), ("attach", Attach)];
        if (_peer is not null)
        {
            arms.AddRange([("torch_save", () => AskPeer("save")), ("torch_save_fsync", () => AskPeer("save_fsync")), ("torch_load", () => AskPeer("load"))]);
        }

        if (_settings.Only.Count > 0)
        {
            arms.RemoveAll(arm => !_settings.Only.Contains(arm.Name));
            arms.ForEach(arm => Console.Error.WriteLine($"{arm.Name} alone; figures without a measurement are nought."));
        }

        for (var round = 0; round <= _settings.Rounds; round++)
        {
            for (var turn = 0; turn < arms.Count; turn++)
            {
                var (name, measure) = arms[(turn + round) % arms.Count];
                var seconds = measure();
                if (round > 0)
                {
                    SamplesOf(name).Add(seconds);
                }
            }
        }

        Print();
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _raw.Dispose();
        _captured.Dispose();
        _live.Dispose();
        foreach (var name in new[] { "save", "raw_write", "peer_save", "peer_save_fsync", "kept", "peer_kept" })
        {
            File.Delete(PathOf(name));
        }
    }

    private void Print()
    {
        var result = new JsonObject
        {
            ["command"] = "files",
            ["format"] = _settings.Format,
            ["shape"] = _settings.Shape,
            ["mb"] = JsonLine.Round(_bytes / (double)(1 << 20)),
            ["tensors"] = _live.TensorCount,
            ["direct"] = _isDirect && _settings.Direct,
            ["save_gbps"] = Speed("save"),
            ["load_gbps"] = Speed("load"),
            ["attach_ms"] = JsonLine.Round(SamplesOf("attach").Median * 1000),
            ["attach_ms_goal"] = JsonLine.Round(0.5 + (_live.TensorCount / 1000.0)),
            ["raw_write_gbps"] = Speed("raw_write"),
            ["raw_read_gbps"] = Speed("raw_read"),
            ["save_vs_raw"] = Ratio("raw_write", "save"),
            ["load_vs_raw"] = Ratio("raw_read", "load"),
            ["cpu_s_per_gb"] = JsonLine.Round(_cpu.Median / _bytes * 1e9),
            ["raw_cpu_s_per_gb"] = JsonLine.Round(_rawCpu.Median / _bytes * 1e9),
            ["peak_mb"] = JsonLine.Round(_peak.Max / (1 << 20)),
        };
        if (_peer is not null)
        {
            result["torch_save_gbps"] = Speed("torch_save");
            result["torch_save_fsync_gbps"] = Speed("torch_save_fsync");
            result["torch_load_gbps"] = Speed("torch_load");
            result["save_vs_torch_save"] = Ratio("torch_save", "save");
            result["save_vs_torch_save_fsync"] = Ratio("torch_save_fsync", "save");
            result["load_vs_torch_load"] = Ratio("torch_load", "load");
            result["peer"] = PythonPeer.Version;
        }

        JsonLine.Print(result);
    }

    private double Save()
    {
        File.Delete(PathOf("save"));
        var resident = PeakMemory.Reset();
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        _io.SaveCheckpointAsync(_captured, PathOf("save"), null, CancellationToken.None).GetAwaiter().GetResult();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _cpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        _peak.Add(PeakMemory.Get() - resident);
        return seconds;
    }

    private double RawWrite()
    {
        File.Delete(PathOf("raw_write"));
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        _isDirect = _raw.Write(PathOf("raw_write"));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _rawCpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        return seconds;
    }

    private double Load()
    {
        var path = Kept();
        var into = _live.ToState(0).Tensors().Zip(_live.Tensors, (named, tensor) => KeyValuePair.Create(named.Key, tensor)).ToDictionary();
        return Time(() => _io.LoadCheckpointAsync(path, new LoadOptions { Into = into }, CancellationToken.None).GetAwaiter().GetResult().Dispose());
    }

    private double RawRead()
    {
        var path = Kept();
        return Time(() => _raw.Read(path));
    }

    private double Attach()
    {
        var path = Kept();
        return Time(() => _io.LoadCheckpointAsync(path, new LoadOptions { Mapped = true }, CancellationToken.None).GetAwaiter().GetResult().Dispose());
    }

    private double AskPeer(string what)
    {
        var path = PathOf(what == "load" ? "peer_kept" : $"peer_{what}");
        return (double)_peer!.Ask($"{what} {path}")["seconds"]!;
    }

    /// <summary>A file that stays and lies in the page cache, as a checkpoint does that was just written through it.</summary>
    private string Kept()
    {
        var path = PathOf("kept");
        if (!File.Exists(path))
        {
            _io.SaveCheckpointAsync(_captured, path, null, CancellationToken.None).GetAwaiter().GetResult();
        }

        _raw.Read(path);
        return path;
    }

    private static TrainingState Capture(BenchState live)
    {
        var copies = new Dictionary<nint, HostTensorStorage>();
        var root = new StateMap();
        foreach (var (path, tensor) in live.ToState(1).Tensors())
        {
            if (!copies.TryGetValue(tensor.Address, out var copy))
            {
                copy = new HostTensorStorage(tensor.ByteLength);
                tensor.CopyTo(copy.GetWritableBytes(0, (int)tensor.ByteLength));
                copies.Add(tensor.Address, copy);
            }

            root.Add(path["state_dict.".Length..], tensor.In(copy, 0));
        }

        return TrainingState.Captured(new StateMap { { "global_step", 1 }, { "state_dict", root } });
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private Samples SamplesOf(string name)
    {
        if (!_seconds.TryGetValue(name, out var samples))
        {
            _seconds.Add(name, samples = new Samples());
        }

        return samples;
    }

    private double Speed(string name) => JsonLine.Round(_bytes / SamplesOf(name).Median / 1e9);

    /// <summary>How many times as fast the second is: the median over the rounds, in each of which both were measured close to each other.</summary>
    private double Ratio(string slow, string fast)
    {
        var ratios = new Samples();
        foreach (var (one, other) in SamplesOf(slow).Values.Zip(SamplesOf(fast).Values))
        {
            ratios.Add(one / other);
        }

        return JsonLine.Round(ratios.Median);
    }

    private string PathOf(string name) => Path.GetFullPath(Path.Combine(_settings.Directory, name + ".ckpt"));
}
