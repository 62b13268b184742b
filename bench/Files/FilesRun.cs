using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Files;

/// <summary>One run of <c>files</c>: every arm once a round, in an order that turns with the round.</summary>
internal sealed class FilesRun : IDisposable
{
    private readonly FilesSettings _settings;
    private readonly BenchState _live;
    private readonly AsyncCheckpointIO _capturing = new(new DiscardingCheckpointIO());
    private readonly StateSnapshot _snapshot;
    private readonly RawFile _rawWrite;
    private readonly RawFile _rawRead;
    private readonly CheckpointIO _io;
    private readonly PythonPeer? _peer;
    private readonly TorchSharpPeer? _torchSharp;
    private readonly Dictionary<string, Samples> _seconds = [];
    private readonly Samples _cpu = new();
    private readonly Samples _liveCpu = new();
    private readonly Samples _rawCpu = new();
    private readonly Samples _peak = new();
    private readonly IReadOnlyList<StoragePiece> _pieces;
    private readonly long _bytes;

    /// <summary>The sum of the lengths of the live tensors before each, in bytes, without tensors that share memory with those.</summary>
    private readonly List<long> _starts = [];
    private bool _isDirect;

    public FilesRun(FilesSettings settings)
    {
        _settings = settings;
        Directory.CreateDirectory(settings.Directory);
        _live = new BenchState(settings.Shape, settings.Megabytes);
        _snapshot = _capturing.TakeSnapshot(_live.ToState(1));
        var layout = StorageLayout.Of(_snapshot.State);
        (_bytes, _pieces) = (layout.ByteLength, layout.Pieces);
        for (var start = 0L; start < _bytes;)
        {
            var tensor = _live.Tensors[_starts.Count];
            _starts.Add(start);
            start += tensor.numel() * tensor.ElementSize;
        }

        var threads = Math.Min(Environment.ProcessorCount, 4);
        _rawWrite = new RawFile(_bytes, threads, hugePages: true);
        _rawRead = new RawFile(_bytes, threads, hugePages: false);
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = settings.Direct });
        _io = settings.Format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);
        if (settings.Peers)
        {
            _torchSharp = new TorchSharpPeer(_live.Tensors);
            _peer = PythonPeer.TryStart(
                "files.py", out var missing, settings.Shape,
                settings.Megabytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (missing is not null)
            {
                Console.Error.WriteLine(missing);
            }
        }
    }

    public void Run()
    {
        List<(string Name, Func<double> Measure)> arms =
        [
            ("save", Save), ("save_live", SaveLive), ("raw_write", RawWrite), ("raw_gathered", RawGathered), ("load", Load),
            ("raw_read", RawRead), ("raw_scattered", RawScattered), ("attach", Attach),
        ];
        if (_torchSharp is not null)
        {
            arms.AddRange([
                ("module_save", () => _torchSharp.Save(PathOf("module"))),
                ("module_load", () => _torchSharp.Load(PathOf("module_kept"))),
            ]);
        }

        if (_peer is not null)
        {
            arms.AddRange([
                ("torch_save", () => AskPeer("save")),
                ("torch_save_fsync", () => AskPeer("save_fsync")),
                ("torch_load", () => AskPeer("load")),
            ]);
        }

        if (_settings.Only.Count > 0)
        {
            arms.RemoveAll(arm => !_settings.Only.Contains(arm.Name));
            arms.ForEach(arm => Console.Error.WriteLine($"{arm.Name} alone; figures without a measurement are nought."));
        }

        for (var round = 0; round <= _settings.Rounds; round++)
        {
            foreach (var (name, measure) in Arms.InTurn(arms, round))
            {
                var seconds = measure();
                if (round > 0)
                {
                    SamplesOf(name).Add(seconds);
                }
            }
        }

        MeasurePyBridge();
        Print();
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _torchSharp?.Dispose();
        _rawWrite.Dispose();
        _rawRead.Dispose();
        _snapshot.Dispose();
        _capturing.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _live.Dispose();
        foreach (var name in new[]
        {
            "save", "save_live", "raw_write", "raw_gathered", "raw_kept", "peer_save", "peer_save_fsync", "kept", "peer_kept", "module",
            "module_kept", "pybridge",
        })
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
            ["save_live_gbps"] = Speed("save_live"),
            ["load_gbps"] = Speed("load"),
            ["attach_ms"] = JsonLine.Round(SamplesOf("attach").Median * 1000),
            ["attach_ms_goal"] = JsonLine.Round(0.5 + (_live.TensorCount / 2000.0)),
            ["raw_write_gbps"] = Speed("raw_write"),
            ["raw_gathered_gbps"] = Speed("raw_gathered"),
            ["raw_read_gbps"] = Speed("raw_read"),
            ["raw_scattered_gbps"] = Speed("raw_scattered"),
            ["save_vs_raw"] = Ratio("raw_write", "save"),
            ["save_vs_gathered"] = Ratio("raw_gathered", "save"),
            ["load_vs_raw"] = Ratio("raw_read", "load"),
            ["load_vs_scattered"] = Ratio("raw_scattered", "load"),
            ["cpu_s_per_gb"] = JsonLine.Round(_cpu.Median / _bytes * 1e9),
            ["live_cpu_s_per_gb"] = JsonLine.Round(_liveCpu.Median / _bytes * 1e9),
            ["raw_cpu_s_per_gb"] = JsonLine.Round(_rawCpu.Median / _bytes * 1e9),
            ["peak_mb"] = JsonLine.Round(_peak.Max / (1 << 20)),
        };
        if (_torchSharp is not null)
        {
            result["module_save_gbps"] = Speed("module_save");
            result["module_load_gbps"] = Speed("module_load");
            result["pybridge_save_gbps"] = Speed("pybridge_save");
            result["pybridge_load_gbps"] = Speed("pybridge_load");
            result["save_vs_module_save"] = Ratio("module_save", "save");
            result["load_vs_module_load"] = Ratio("module_load", "load");
        }

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

    /// <summary>Once, after the others: it compresses, so that a round of 1 GiB takes half a minute.</summary>
    private void MeasurePyBridge()
    {
        if (_torchSharp is not null && _settings.Only.Count == 0)
        {
            SamplesOf("pybridge_save").Add(_torchSharp.SaveForPython(PathOf("pybridge")));
            SamplesOf("pybridge_load").Add(_torchSharp.LoadFromPython(PathOf("pybridge")));
        }
    }

    /// <summary>What an asynchronous save leaves to its writer: the state is captured, and its checksums came with the copy.</summary>
    private double Save()
    {
        var resident = PeakMemory.Reset();
        var seconds = SaveTo(PathOf("save"), _snapshot.State, _cpu);
        _peak.Add(PeakMemory.Get() - resident);
        return seconds;
    }

    /// <summary>What a save costs that training waits for: the live tensors are read for their checksums as well.</summary>
    private double SaveLive() => SaveTo(PathOf("save_live"), _live.ToState(1), _liveCpu);

    private double SaveTo(string path, TrainingState state, Samples cpu)
    {
        File.Delete(path);
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        _io.SaveCheckpointAsync(state, path, null, CancellationToken.None).GetAwaiter().GetResult();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        return seconds;
    }

    private double RawWrite()
    {
        File.Delete(PathOf("raw_write"));
        var before = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        _isDirect = _rawWrite.Write(PathOf("raw_write"));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _rawCpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        return seconds;
    }

    /// <summary>The floor for pieces that are not aligned as direct writes need: they are gathered first.</summary>
    private double RawGathered()
    {
        File.Delete(PathOf("raw_gathered"));
        return Time(() => _rawWrite.WriteGathered(PathOf("raw_gathered"), _pieces));
    }

    private double Load()
    {
        var path = Kept();
        var into = _live.ToState(0).Tensors().Zip(_live.Tensors, (named, tensor) => KeyValuePair.Create(named.Key, tensor)).ToDictionary();
        return Time(
            () => _io.LoadCheckpointAsync(
                path, new LoadOptions { Into = into }, CancellationToken.None).GetAwaiter().GetResult().Dispose());
    }

    private double RawRead()
    {
        var path = Kept();
        return Time(() => _rawRead.Read(path));
    }

    /// <summary>
    /// The floor for a load into many tensors, each of which has to be asked for its place: from a file of their own bytes only, since the
    /// snapshot sees a change of their content.
    /// </summary>
    private double RawScattered()
    {
        var path = PathOf("raw_kept");
        if (!File.Exists(path))
        {
            _rawWrite.WriteGathered(path, _pieces);
        }

        _rawRead.Read(path);
        return Time(() => _rawRead.Scatter(path, _live.Tensors, _starts));
    }

    /// <summary>So short that one says little: the median of several.</summary>
    private double Attach()
    {
        var path = Kept();
        var several = new Samples();
        for (var turn = 0; turn < 15; turn++)
        {
            several.Add(
                Time(
                    () => _io.LoadCheckpointAsync(
                        path, new LoadOptions { Mapped = true }, CancellationToken.None).GetAwaiter().GetResult().Dispose()));
        }

        return several.Median;
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
            _io.SaveCheckpointAsync(_snapshot.State, path, null, CancellationToken.None).GetAwaiter().GetResult();
        }

        _rawRead.Read(path);
        return path;
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

    private double Speed(string name) => SamplesOf(name).Count == 0 ? 0 : JsonLine.Round(_bytes / SamplesOf(name).Median / 1e9);

    /// <summary>
    /// How many times as fast the second is: the median over the rounds, in each of which both were measured close to each other.
    /// </summary>
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
