using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Resume;

/// <summary>
/// One run of <c>resume</c>: from the call of <c>Fit(checkpointPath)</c> to the first batch, checksums compared, beside a raw read of the
/// file plus a copy of the state in memory, and beside the ways of others to load weights into a module.
/// </summary>
internal sealed class ResumeRun : IDisposable
{
    private readonly FilesSettings _settings;
    private readonly BenchState _live;
    private readonly ResumeModule _module;
    private readonly CheckpointIO _io;
    private readonly RawFile _raw;
    private readonly ParallelMemcpy _memcpy;
    private readonly TorchSharpPeer? _torchSharp;
    private readonly PythonPeer? _peer;
    private readonly Dictionary<string, Samples> _seconds = [];
    private readonly Dictionary<string, Samples> _processor = [];
    private readonly Samples _peak = new();
    private readonly List<long> _starts = [];
    private readonly long _bytes;

    /// <summary>The processor time that what was measured last has taken.</summary>
    private TimeSpan _spent;

    public ResumeRun(FilesSettings settings)
    {
        _settings = settings;
        Directory.CreateDirectory(settings.Directory);
        _live = new BenchState(settings.Shape, settings.Megabytes);
        _module = new ResumeModule(_live.Tensors);
        _bytes = settings.Megabytes << 20;
        var start = 0L;
        foreach (var tensor in _live.Tensors)
        {
            _starts.Add(start);
            start += tensor.numel() * tensor.ElementSize;
        }

        _io = settings.Format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        var threads = Math.Min(Environment.ProcessorCount, 4);
        _raw = new RawFile(_bytes, threads, hugePages: false);
        _memcpy = new ParallelMemcpy(_live.ToState(1), threads);
        Start(null, trainer => trainer.SaveCheckpoint(PathOf("resume")).Completion.GetAwaiter().GetResult());
        if (settings.Peers)
        {
            _torchSharp = new TorchSharpPeer(_live.Tensors);
            _peer = PythonPeer.TryStart(
                "files.py", out var missing, settings.Shape, settings.Megabytes.ToString(CultureInfo.InvariantCulture));
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
            ("resume", Resume), ("start", () => Start(null)), ("raw_read", RawRead), ("memcpy", () => Time(_memcpy.Run)),
            ("two_passes", TwoPasses),
        ];
        if (_torchSharp is not null)
        {
            arms.Add(("module_load", () => _torchSharp.Load(PathOf("module_kept"))));
            arms.Add(("pybridge_load", () => _torchSharp.LoadFromPython(PathOf("pybridge"))));
        }

        if (_peer is not null)
        {
            arms.Add(("torch_load", () => (double)_peer.Ask($"load_into {PathOf("peer_kept")}")["seconds"]!));
        }

        for (var round = 0; round <= _settings.Rounds; round++)
        {
            for (var turn = 0; turn < arms.Count; turn++)
            {
                var (name, measure) = arms[(turn + round) % arms.Count];

                // Once is enough of what takes half a minute.
                if (name == "pybridge_load" && round != 1)
                {
                    continue;
                }

                var seconds = measure();
                if (round > 0)
                {
                    SamplesOf(name).Add(seconds);
                    SamplesOf(name, _processor).Add(_spent.TotalSeconds);
                }
            }
        }

        Print();
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _torchSharp?.Dispose();
        _memcpy.Dispose();
        _raw.Dispose();
        _module.Dispose();
        _live.Dispose();
        foreach (var name in new[] { "resume", "module_kept", "pybridge", "peer_kept" })
        {
            File.Delete(PathOf(name));
        }
    }

    private void Print()
    {
        var floor = SamplesOf("raw_read").Values.Zip(SamplesOf("memcpy").Values, (read, copy) => read + copy).ToList();
        var ratios = new Samples();
        foreach (var (seconds, least) in SamplesOf("resume").Values.Zip(floor))
        {
            ratios.Add(least / seconds);
        }

        var result = new JsonObject
        {
            ["command"] = "resume",
            ["format"] = _settings.Format,
            ["shape"] = _settings.Shape,
            ["mb"] = _settings.Megabytes,
            ["tensors"] = _live.TensorCount,
            ["resume_ms"] = Milliseconds("resume"),
            ["start_ms"] = Milliseconds("start"),
            ["raw_read_ms"] = Milliseconds("raw_read"),
            ["memcpy_ms"] = Milliseconds("memcpy"),
            ["two_passes_ms"] = Milliseconds("two_passes"),
            ["resume_vs_floor"] = JsonLine.Round(ratios.Median),
            ["resume_vs_two_passes"] = JsonLine.Round(SamplesOf("two_passes").Median / SamplesOf("resume").Median),
            ["resume_cpu_ms"] = JsonLine.Round(SamplesOf("resume", _processor).Median * 1000),
            ["two_passes_cpu_ms"] = JsonLine.Round(SamplesOf("two_passes", _processor).Median * 1000),
            ["floor_cpu_ms"] = JsonLine.Round(
                (SamplesOf("raw_read", _processor).Median + SamplesOf("memcpy", _processor).Median) * 1000),
            ["peak_vs_state"] = JsonLine.Round(1 + (_peak.Max / _bytes)),
        };
        foreach (var peer in new[] { "module_load", "pybridge_load", "torch_load" }.Where(_seconds.ContainsKey))
        {
            result[$"{peer}_ms"] = Milliseconds(peer);
            result[$"resume_vs_{peer}"] = JsonLine.Round(SamplesOf(peer).Median / SamplesOf("resume").Median);
        }

        JsonLine.Print(result);
    }

    private double Resume()
    {
        _raw.Read(PathOf("resume"));
        var resident = PeakMemory.Reset();
        var seconds = Start(PathOf("resume"));
        _peak.Add(PeakMemory.Get() - resident);
        return seconds;
    }

    private double RawRead() => Time(() => _raw.Read(PathOf("resume")));

    /// <summary>
    /// Does what a resume has to do with the bytes, and nothing else: verifies the file, and reads it into the tensors, which it asks for
    /// their addresses. The values are those of other places of the file.
    /// </summary>
    private double TwoPasses() => Time(() =>
    {
        _raw.Check(PathOf("resume"));
        _raw.Scatter(PathOf("resume"), _live.Tensors, _starts);
    });

    private double Time(Action action)
    {
        var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        action();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _spent = Environment.CpuUsage.TotalTime - before;
        return seconds;
    }

    /// <summary>Fits up to the first batch and returns how long that took, in seconds.</summary>
    private double Start(string? checkpointPath, Action<Trainer>? atFirstBatch = null)
    {
        using var cancellation = new CancellationTokenSource();
        var seconds = 0.0;
        var start = 0L;
        var before = TimeSpan.Zero;
        var witness = new LambdaCallback().On<OnTrainBatchStartArguments>(arguments =>
        {
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            _spent = Environment.CpuUsage.TotalTime - before;
            atFirstBatch?.Invoke(arguments.Trainer);
            cancellation.Cancel();
        });
        using var trainer = new Trainer(new SingleDeviceStrategy(_io), new TrainerOptions { MaxEpochs = 1 }, [witness]);
        using var batch = ones(1);
        (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        trainer.Fit(_module, new[] { batch, batch }, checkpointPath: checkpointPath, cancellationToken: cancellation.Token);
        return seconds;
    }

    private Samples SamplesOf(string name, Dictionary<string, Samples>? of = null)
    {
        of ??= _seconds;
        if (!of.TryGetValue(name, out var samples))
        {
            of.Add(name, samples = new Samples());
        }

        return samples;
    }

    private double Milliseconds(string name) => JsonLine.Round(SamplesOf(name).Median * 1000);

    private string PathOf(string name) => Path.GetFullPath(Path.Combine(_settings.Directory, name + ".ckpt"));
}
