using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Precision;

/// <summary>The time of a step in bf16-mixed precision against one in float32, for some networks, in turns.</summary>
/// <param name="networks">The names of the networks.</param>
/// <param name="steps">The number of steps of a measurement.</param>
/// <param name="rounds">The number of measurements of each arm that count.</param>
internal sealed class PrecisionRun(IReadOnlyList<string> networks, int steps, int rounds)
{
    /// <summary>The processor's instructions for bfloat16, by their names in Linux.</summary>
    private static readonly string[] Instructions = ["avx512_bf16", "amx_bf16", "bf16"];

    public void Run()
    {
        foreach (var name in networks)
        {
            Measure(name);
        }
    }

    private void Measure(string name)
    {
        using var single = new PrecisionArm(name, Fulgurite.Precision.Float32, steps);
        using var mixed = new PrecisionArm(name, Fulgurite.Precision.MixedBFloat16, steps);
        PrecisionArm[] arms = [single, mixed];
        for (var round = -1; round < rounds; round++)
        {
            foreach (var arm in Arms.InTurn(arms, round + 1))
            {
                arm.Run(isWarmUp: round < 0);
            }
        }

        var ratio = PairedDifference.Of([.. mixed.StepMilliseconds.Zip(single.StepMilliseconds, (one, other) => one / other)]);
        JsonLine.Print(new JsonObject
        {
            ["command"] = "precision",
            ["network"] = name,
            ["parameters"] = single.ParameterCount,
            ["threads"] = get_num_threads(),
            ["instructions"] = string.Join(' ', InstructionsHere()),
            ["steps"] = steps,
            ["rounds"] = rounds,
            ["float32_ms"] = JsonLine.Round(Arms.Median([.. single.StepMilliseconds])),
            ["mixed_ms"] = JsonLine.Round(Arms.Median([.. mixed.StepMilliseconds])),
            ["ratio"] = JsonLine.Round(ratio.Median),
            ["ratio_low"] = JsonLine.Round(ratio.Low),
            ["ratio_high"] = JsonLine.Round(ratio.High),
            ["float32_loss"] = JsonLine.Round(single.Loss),
            ["mixed_loss"] = JsonLine.Round(mixed.Loss),
        });
    }

    private static IEnumerable<string> InstructionsHere()
    {
        const string path = "/proc/cpuinfo";
        var flags = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)
                || line.StartsWith("Features", StringComparison.Ordinal))?.Split(' ') ?? []
            : [];
        return Instructions.Intersect(flags, StringComparer.Ordinal);
    }
}

/// <summary>One network in one precision, trained by a trainer.</summary>
internal sealed class PrecisionArm : IDisposable
{
    private readonly PrecisionModule _module;
    private readonly Trainer _trainer;
    private readonly List<(Tensor Inputs, Tensor Targets)> _batches;
    private readonly List<double> _milliseconds = [];

    /// <param name="name">The name of the network.</param>
    /// <param name="precision">The precision.</param>
    /// <param name="steps">The number of steps of a measurement.</param>
    public PrecisionArm(string name, Fulgurite.Precision precision, int steps)
    {
        manual_seed(1);
        _module = new PrecisionModule(name);
        var batch = PrecisionModule.CreateBatch(name);
        _batches = [.. Enumerable.Repeat(batch, steps)];
        _trainer = new Trainer(
            new SingleDeviceStrategy(new NoCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, StopOnSignals = false, Precision = precision, EnableCheckpointing = false });
    }

    public IReadOnlyList<double> StepMilliseconds => _milliseconds;

    public long ParameterCount => _module.parameters().Sum(parameter => parameter.numel());

    /// <summary>Gets the loss of the last step.</summary>
    public double Loss => _trainer.Metrics["train_loss"];

    public void Run(bool isWarmUp)
    {
        var start = Stopwatch.GetTimestamp();
        _trainer.Fit(_module, _batches);
        if (!isWarmUp)
        {
            _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / _batches.Count);
        }
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _module.Dispose();
        _batches[0].Inputs.Dispose();
        _batches[0].Targets.Dispose();
    }
}
