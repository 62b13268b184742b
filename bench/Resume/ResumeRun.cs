using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Capture;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Measuring;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Resume;

/// <summary>
/// One run of <c>resume</c>: from the call of <c>Fit(checkpointPath)</c> to the first batch, checksums compared, beside a raw read of the
/// file plus a copy of the state in memory, and beside the ways of others to load weights into a module; also with an empty page cache.
/// </summary>
internal sealed class ResumeRun : IDisposable
{
    private readonly FilesSettings _settings;
    private readonly BenchState _live;
    private readonly BenchState _floor;
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
    private readonly long _optimizerBytes;

    /// <summary>The processor time that what was measured last has taken.</summary>
    private TimeSpan _spent;

    public ResumeRun(FilesSettings settings)
    {
        _settings = settings;
        Directory.CreateDirectory(settings.Directory);

        // FusedAdam has two tensors for each parameter.
        _live = new BenchState(settings.Shape, settings.IsFused ? settings.Megabytes / 3 : settings.Megabytes);
        _module = new ResumeModule(_live.Tensors, settings.IsFused);
        _floor = settings.IsFused ? new BenchState(settings.Shape, settings.Megabytes) : _live;
        _optimizerBytes = settings.IsFused ? 2 * _live.Tensors.Sum(tensor => tensor.numel() * tensor.ElementSize) : 0;
        foreach (var tensor in _floor.Tensors)
        {
            _starts.Add(_bytes);
            _bytes += tensor.numel() * tensor.ElementSize;
        }

        _io = settings.Format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        var threads = Math.Min(Environment.ProcessorCount, 4);
        _raw = new RawFile(_bytes, threads, hugePages: false);
        _memcpy = new ParallelMemcpy(_floor.ToState(1), threads);
        FirstBatch.Reach(_module, _io, null, Save);
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
            ("resume", Resume),
            ("start", () => Fit(null).Seconds),
            ("raw_read", RawRead),
            ("memcpy", () => Time(_memcpy.Run)),
            ("resume_cold", ResumeCold),
            ("raw_read_cold", RawReadCold),
            ("two_passes", TwoPasses),
        ];
        if (_torchSharp is not null)
        {
            arms.Add(("module_load", () => _torchSharp.Load(PathOf("module_kept"))));
        }

        if (_peer is not null)
        {
            arms.Add(("torch_load", () => (double)_peer.Ask($"load_into {PathOf("peer_kept")}")["seconds"]!));
        }

        for (var round = 0; round <= _settings.Rounds; round++)
        {
            foreach (var (name, measure) in Arms.InTurn(arms, round))
            {
                var seconds = measure();
                if (round > 0)
                {
                    SamplesOf(name).Add(seconds);
                    SamplesOf(name, _processor).Add(_spent.TotalSeconds);
                }
            }

            if (round == 0)
            {
                _seconds.Clear();
                _peak.Clear();
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
        if (_floor != _live)
        {
            _floor.Dispose();
        }

        foreach (var name in new[] { "resume", "module_kept", "peer_kept" })
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
            ["optimizer"] = _settings.IsFused ? "fused" : "none",
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
            ["verify_ms"] = Milliseconds("verify"),
            ["copy_ms"] = Milliseconds("copy"),
            ["resume_cold_ms"] = Milliseconds("resume_cold"),
            ["raw_read_cold_ms"] = Milliseconds("raw_read_cold"),
            ["peak_mb"] = JsonLine.Round(_peak.Max / (1 << 20)),
            ["peak_vs_state"] = JsonLine.Round(1 + (_peak.Max / _bytes)),
        };
        foreach (var peer in new[] { "module_load", "torch_load" }.Where(_seconds.ContainsKey))
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
        var batch = Fit(PathOf("resume"));

        // The state of the optimizer is made in a resume and stays.
        _peak.Add(Math.Max(0, PeakMemory.Get() - resident - _optimizerBytes));
        SamplesOf("verify").Add(batch.Loading);
        SamplesOf("copy").Add(batch.Restoring);
        return batch.Seconds;
    }

    private double ResumeCold()
    {
        RawFile.Forget(PathOf("resume"));
        return Fit(PathOf("resume")).Seconds;
    }

    private double RawReadCold()
    {
        RawFile.Forget(PathOf("resume"));
        return RawRead();
    }

    private double RawRead() => Time(() => _raw.Read(PathOf("resume")));

    private FirstBatch Fit(string? checkpointPath)
    {
        var batch = FirstBatch.Reach(_module, _io, checkpointPath);
        _spent = batch.Processor;
        return batch;
    }

    private void Save(Trainer trainer)
    {
        if (_settings.IsFused)
        {
            // A step makes the state; gradients of zero leave the weights as they are.
            foreach (var parameter in _module.parameters())
            {
                using var gradient = zeros_like(parameter);
                parameter.grad = gradient;
            }

            trainer.Optimizers[0].step();
            trainer.Optimizers[0].zero_grad();
        }

        trainer.SaveCheckpoint(PathOf("resume")).Completion.GetAwaiter().GetResult();
    }

    /// <summary>
    /// Does what a resume has to do with the bytes, and nothing else: verifies the file, and reads it into the tensors, which it asks for
    /// their addresses. The values are those of other places of the file.
    /// </summary>
    private double TwoPasses() => Time(() =>
    {
        _raw.Check(PathOf("resume"));
        _raw.Scatter(PathOf("resume"), _floor.Tensors, _starts);
    });

    private double Time(Action action)
    {
        var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        action();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _spent = Environment.CpuUsage.TotalTime - before;
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
