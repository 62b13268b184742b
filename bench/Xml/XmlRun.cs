using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Measuring;
using Fulgurite.Bench.Stall;
using Fulgurite.Bench.Stall.Paired;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.Testing;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Xml;

/// <summary>The settings of <see cref="XmlRun"/>.</summary>
/// <param name="Shape">The name of the shape.</param>
/// <param name="Scale">The part of its words and labels.</param>
/// <param name="Arms">The ways of saving.</param>
/// <param name="Validations">The number of validations of one training.</param>
/// <param name="Every">The number of steps between two validations.</param>
/// <param name="Batch">The number of documents in a batch.</param>
/// <param name="Tokens">The number of words of a document.</param>
/// <param name="Rounds">The number of trainings of each arm.</param>
/// <param name="Optimizer">One of <see cref="XmlRun.Optimizers"/>.</param>
/// <param name="Directory">The folder for checkpoints.</param>
/// <param name="Chain">The maximum number of increments on a full file.</param>
internal sealed record XmlSettings(
    string Shape,
    double Scale,
    IReadOnlyList<string> Arms,
    int Validations,
    int Every,
    int Batch,
    int Tokens,
    int Rounds,
    string Optimizer,
    string Directory,
    int Chain)
{
    /// <summary>Gets a value indicating whether the optimizer is the fused one.</summary>
    public bool IsFused => Optimizer != XmlRun.Adam;

    /// <summary>Gets a value indicating whether the gradients of the embedding and the attention are sparse.</summary>
    public bool IsSparse => Optimizer == XmlRun.Sparse;
}

/// <summary>One training of AttentionXML for each way of saving best and last at every validation, in turns.</summary>
internal sealed class XmlRun(XmlSettings settings)
{
    public const string None = "none", Torch = "torch", Async = "async", BestInMemory = "async-best-in-ram", Incremental = "incremental";
    public const string Fused = "fused", Sparse = "sparse", Adam = "adam";
    public const string PythonNone = "python-none", PythonSave = "python-torch-save";
    private const int MaxCandidates = 512;

    /// <summary>The number of intervals after which blocks get the same batches again.</summary>
    private const int PairedIntervals = 5;

    public static readonly string[] Optimizers = [Fused, Sparse, Adam];

    public static readonly string[] Arms = [None, Torch, Async, BestInMemory, Incremental];
    public static readonly string[] Peers = [PythonNone, PythonSave];

    private readonly XmlShape _shape = XmlShape.Of(settings.Shape, settings.Scale);

    public void Run()
    {
        Directory.CreateDirectory(settings.Directory);
        try
        {
            var arms = settings.Arms;

            // Excludes one-time compilation.
            var scale = Math.Min(settings.Scale, 0.001);
            var small = new XmlRun(settings with { Scale = scale, Validations = 2, Every = 1, Batch = 1, Tokens = 4 });
            foreach (var arm in arms.Except(Peers))
            {
                small.Measure(arm);
            }

            var rounds = arms.ToDictionary(arm => arm, _ => new List<JsonObject>(), StringComparer.Ordinal);
            for (var round = 0; round < settings.Rounds; round++)
            {
                for (var turn = 0; turn < arms.Count; turn++)
                {
                    var arm = arms[(turn + round) % arms.Count];
                    if (Measure(arm) is { } result)
                    {
                        rounds[arm].Add(result);
                    }
                }
            }

            foreach (var arm in arms.Where(arm => rounds[arm].Count > 0))
            {
                var baseline = Peers.Contains(arm, StringComparer.Ordinal) ? PythonNone : None;
                JsonLine.Print(Summarize(rounds[arm], rounds.GetValueOrDefault(baseline)));
            }
        }
        finally
        {
            Directory.Delete(settings.Directory, recursive: true);
        }
    }

    /// <summary>Measures what saving adds, by paired blocks of a training loop written by hand.</summary>
    /// <param name="threads">The numbers of threads, each measured by itself.</param>
    /// <param name="block">The number of steps of a block.</param>
    /// <param name="seconds">The time for each number of threads.</param>
    public void RunPaired(IReadOnlyList<int> threads, int block, double seconds)
    {
        var stall = new StallSettings(
            [], Width: 0, Layers: 0, settings.Batch, Steps: 0, settings.Every, Rounds: 0, Threads: 0, Supersede: false, Torch,
            settings.Directory, Peers: false, settings.IsFused);
        PairedRun.Run(
            new PairedSettings(stall, threads, block, seconds, "xml-paired", settings.Optimizer, settings.IsSparse ? settings.Chain : null),
            () =>
            {
                manual_seed(1);
                var module = new XmlModule(_shape, settings.IsFused, settings.IsSparse);
                var batches = CreateBatches(PairedIntervals * settings.Every);
                var step = 0;
                return new BareTraining(
                    module,
                    () => module.TrainingStep(batches[step++ % batches.Count], 0),
                    [.. batches.SelectMany(batch => new[] { batch.Words, batch.Candidates }), batches[0].Targets],
                    settings.IsFused);
            });
    }

    /// <summary>
    /// Creates batches that differ, as those of a training do: an interval between saves changes rows that the one before has not changed.
    /// The frequencies of words and labels fall with the inverse of their rank.
    /// </summary>
    private List<XmlBatch> CreateBatches(int count)
    {
        var candidates = Math.Min(_shape.Labels, MaxCandidates);
        var (labels, targets) = (Frequencies(_shape.Labels), zeros(settings.Batch, candidates));

        // All at once: each draw uses memory of the size of the frequencies, and small results between such blocks would keep them in use.
        var words = multinomial(Frequencies(_shape.Words), (long)count * settings.Batch * settings.Tokens, replacement: true)
            .reshape(count, settings.Batch, settings.Tokens);
        return
        [
            .. Enumerable.Range(0, count).Select(index => new XmlBatch(words[index], multinomial(labels, candidates), targets)),
        ];

        static Tensor Frequencies(int count) => tensor(Enumerable.Range(1, count).Select(rank => 1f / rank).ToArray());
    }

    private JsonObject? Measure(string arm)
    {
        var folder = Directory.CreateDirectory(Path.Combine(settings.Directory, arm)).FullName;
        try
        {
            return Peers.Contains(arm, StringComparer.Ordinal) ? MeasurePeer(arm, folder) : Train(arm, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private JsonObject Train(string arm, string folder)
    {
        manual_seed(1);
        GC.Collect();
        PeakMemory.Reset();
        var storage = new MeteredStorage(new LocalStorage());
        using var scope = NewDisposeScope();
        using var module = new XmlModule(_shape, settings.IsFused, settings.IsSparse);
        using var best = arm == BestInMemory
            ? new BestInMemoryCheckpoint(new BestInMemoryOptions { DirPath = folder, Monitor = XmlModule.Score, Mode = MonitorMode.Max })
            : null;
        Callback[] callbacks = arm == None ? []
            : best is null ? [BestAndLast(folder, best: true)]
            : [best, BestAndLast(folder, best: false)];
        CheckpointIO io = arm == Incremental
            ? new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = settings.Chain }, storage)
            : new TorchCheckpointIO(storage);
        var clock = new StepClock();
        var background = arm == Torch ? null : new AsyncCheckpointIO(io);
        using var trainer = new Trainer(
            new SingleDeviceStrategy(clock.Watch(background ?? io)),
            new TrainerOptions
            {
                StopOnSignals = false,
                MaxEpochs = 1,
                ValidationInterval = ValidationInterval.EveryBatches(settings.Every),
                DefaultRootDirectory = folder,
            },
            [.. callbacks, clock]);
        var batches = CreateBatches(settings.Validations * settings.Every);
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var result = trainer.Fit(module, batches, [batches[0]]);
        var total = Stopwatch.GetElapsedTime(start);
        var costs = result.Checkpoints;
        return new JsonObject
        {
            ["command"] = "xml",
            ["arm"] = arm,
            ["shape"] = settings.Shape,
            ["scale"] = settings.Scale,
            ["state_mb"] = JsonLine.Round(3.0 * sizeof(float) * module.parameters().Sum(parameter => parameter.numel()) / (1 << 20)),
            ["optimizer"] = settings.Optimizer,
            ["threads"] = get_num_threads(),
            ["steps"] = result.GlobalStep,
            ["validations"] = module.Validations,
            ["saves"] = costs.Saves,
            ["durable"] = costs.Durable,
            ["wait_ms"] = (costs.Stall + (best?.Stall ?? TimeSpan.Zero)).TotalMilliseconds,
            ["wait_ms_max"] = costs.LongestStall.TotalMilliseconds,
            ["step_copy_ms"] = clock.Copies,
            ["drain_ms"] = costs.Drain.TotalMilliseconds,
            ["bytes_captured"] = background?.Statistics.CapturedBytes,
            ["bytes_written"] = storage.Bytes,
            ["total_s"] = total.TotalSeconds,
            ["processor_s"] = (Environment.CpuUsage.TotalTime - processor).TotalSeconds,
            ["peak_mb"] = PeakMemory.Get() >> 20,
        };
    }

    private JsonObject? MeasurePeer(string arm, string folder)
    {
        using var peer = PythonPeer.TryStart(
            "attention_xml.py",
            out var missing,
            [
                $"{_shape.Words}", $"{_shape.Labels}", $"{Math.Min(_shape.Labels, MaxCandidates)}", $"{settings.Batch}",
                $"{settings.Tokens}",
                $"{settings.Validations}", $"{settings.Every}", $"{get_num_threads()}", settings.Optimizer,
            ]);
        if (peer is null)
        {
            Console.Error.WriteLine($"Not measured: {arm}. {missing}");
            return null;
        }

        var result = peer.Ask($"{(arm == PythonSave ? folder : "-")}");
        result.Insert(0, "shape", settings.Shape);
        result.Insert(0, "arm", arm);
        result.Insert(0, "command", "xml");
        result["scale"] = settings.Scale;
        result["peer"] = PythonPeer.Version;
        return result;
    }

    /// <summary>Medians over the rounds; the share of added time is that of a round, where both were measured close together.</summary>
    private static JsonObject Summarize(List<JsonObject> rounds, List<JsonObject>? baseline)
    {
        var result = (JsonObject)rounds[0].DeepClone();
        string[] fields =
            ["wait_ms", "step_copy_ms", "drain_ms", "bytes_captured", "bytes_written", "total_s", "processor_s", "peak_mb", "saves",
                "durable"];
        foreach (var field in fields.Where(field => result[field] is not null))
        {
            result[field] = JsonLine.Round(MedianOf(rounds.Select(round => Number(round, field))));
        }

        result["peak_of_state"] = JsonLine.Round(Number(result, "peak_mb") / Number(result, "state_mb"));
        result["wait_ms_max"] = JsonLine.Round(rounds.Max(round => Number(round, "wait_ms_max")));
        result["added_share"] = baseline is null || baseline.Count != rounds.Count
            ? null
            : JsonLine.Round(MedianOf(rounds.Zip(baseline, (one, other) => (Number(one, "total_s") / Number(other, "total_s")) - 1)));
        result["rounds"] = rounds.Count;
        return result;
    }

    private static double MedianOf(IEnumerable<double> values) => Measuring.Arms.Median([.. values]);

    private static double Number(JsonObject result, string field) =>
        double.Parse(result[field]!.ToJsonString(), CultureInfo.InvariantCulture);

    private static ModelCheckpoint BestAndLast(string folder, bool best) => new(new ModelCheckpointOptions
    {
        DirPath = folder,
        Filename = "best-{step}",
        Monitor = XmlModule.Score,
        Mode = MonitorMode.Max,
        SaveTopK = best ? 1 : 0,
        SaveLast = true,
    });
}
