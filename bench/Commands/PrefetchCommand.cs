using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Commands;

/// <summary><c>prefetch</c>: what is left of the cost of data when workers make batches while the training steps.</summary>
internal static class PrefetchCommand
{
    private const int Width = 512;
    private const int BatchSize = 128;

    private static readonly Lazy<double> RoundsPerMillisecond = new(Calibrate);

    public static Command Create()
    {
        var steps = Option.Of("--steps", 60, "Steps of one measurement.");
        var rounds = Option.Of("--rounds", 5, "Rounds, in each of which every arm is measured.");
        var layers = Option.Of("--layers", 4, "Layers of 512 x 512: how long a step takes.");
        var cost = Option.Of("--cost", 0.8, "What loading a batch costs, as a part of a step.");
        var workers = Option.Of("--workers", 2, "Threads that load.");
        var wait = Option.Of<double>("--wait", 0, "Milliseconds that a step waits besides, as for a GPU, without wanting a processor.");
        var command = new Command(
            "prefetch",
            "A step without data cost, with data loaded in it, and with data loaded ahead by workers; "
                + "loading waits (a disk) or computes (decoding).")
        {
            steps, rounds, layers, cost, workers, wait,
        };
        command.SetAction(result => Run(
            result.GetValue(steps), result.GetValue(rounds), result.GetValue(layers), result.GetValue(cost), result.GetValue(workers),
            result.GetValue(wait)));
        return command;
    }

    private static int Run(int steps, int rounds, int layers, double cost, int workers, double wait)
    {
        set_num_threads(1);
        manual_seed(1);
        using var inputs = rand(BatchSize * 8, Width);
        using var targets = rand(BatchSize * 8, Width);
        using var module = new StackModule(layers, TimeSpan.FromMilliseconds(wait));
        using var trainer = new Trainer(
            new SingleDeviceStrategy(new NoCheckpointIO()), new TrainerOptions { MaxEpochs = 1, StopOnSignals = false });

        double Measure(Action load, int threads)
        {
            var data = Data(inputs, targets, steps, load, threads);
            var start = Stopwatch.GetTimestamp();
            trainer.Fit(module, data);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
        }

        Measure(() => { }, 0);
        var price = TimeSpan.FromMilliseconds(cost * Enumerable.Range(0, 3).Select(_ => Measure(() => { }, 0)).Order().ElementAt(1));
        foreach (var (kind, load) in new (string, Action)[] { ("waits", () => Thread.Sleep(price)), ("computes", () => Burn(price)) })
        {
            var medians = Arms.Medians(rounds, () => Measure(() => { }, 0), () => Measure(load, 0), () => Measure(load, workers));
            JsonLine.Print(new JsonObject
            {
                ["command"] = "prefetch",
                ["loading"] = kind,
                ["load_ms"] = JsonLine.Round(price.TotalMilliseconds),
                ["step_ms"] = JsonLine.Round(medians[0]),
                ["inline_ms"] = JsonLine.Round(medians[1]),
                ["prefetch_ms"] = JsonLine.Round(medians[2]),
                ["inline_ratio"] = JsonLine.Round(medians[1] / medians[0]),
                ["prefetch_ratio"] = JsonLine.Round(medians[2] / medians[0]),
                ["workers"] = workers,
                ["wait_ms"] = wait,
                ["cores"] = Environment.ProcessorCount,
                ["steps"] = steps,
            });
        }

        return 0;
    }

    private static DataSource<(Tensor Inputs, Tensor Targets)> Data(Tensor inputs, Tensor targets, int steps, Action load, int workers) =>
        new(
            (long)steps * BatchSize,
            arguments =>
            {
                load();
                var start = arguments.Batch % 8 * BatchSize;
                return (inputs.narrow(0, start, BatchSize), targets.narrow(0, start, BatchSize));
            },
            new DataSourceOptions { BatchSize = BatchSize, Workers = workers });

    // The work that keeps an otherwise idle processor busy for this time; counted, so that waiting for a processor counts
    // besides.
    private static void Burn(TimeSpan time) => Compute((long)(time.TotalMilliseconds * RoundsPerMillisecond.Value));

    private static double Calibrate()
    {
        const long Rounds = 20_000_000;
        return Rounds / Enumerable.Range(0, 7).Select(_ => Compute(Rounds)).Min();
    }

    private static double Compute(long rounds)
    {
        var start = Stopwatch.GetTimestamp();
        var value = 1UL;
        for (var round = 0L; round < rounds; round++)
        {
            value = unchecked((value * 6364136223846793005) + 1442695040888963407);
        }

        GC.KeepAlive(value);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private sealed class StackModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Sequential _layers;
        private readonly TimeSpan _wait;

        public StackModule(int layers, TimeSpan wait)
            : base(nameof(StackModule))
        {
            _wait = wait;
            _layers = nn.Sequential(
                Enumerable.Range(0, layers).Select(layer => ($"{layer}", (nn.Module<Tensor, Tensor>)nn.Linear(Width, Width))).ToArray());
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.01);

        public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            if (_wait > TimeSpan.Zero)
            {
                Thread.Sleep(_wait);
            }

            return nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);
        }
    }
}
