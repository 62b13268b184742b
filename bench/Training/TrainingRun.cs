using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.Callbacks;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Training;

/// <summary>
/// One whole training by a loop by hand with TorchSharp's optimizer, by the trainer with the same, and by the trainer with the fused one,
/// in turns. Nothing is saved.
/// </summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
/// <param name="name">The name of the work in the results.</param>
/// <param name="work">The work.</param>
/// <param name="epochs">The number of epochs.</param>
/// <param name="rounds">The number of trainings of each arm that count.</param>
internal sealed class TrainingRun<TBatch>(string name, TrainingWork<TBatch> work, int epochs, int rounds)
{
    private const int LogInterval = 50;

    public void Run()
    {
        Func<Outcome>[] arms = [ByHand, () => ByTrainer(isFused: false), () => ByTrainer(isFused: true)];
        var outcomes = arms.Select(_ => new List<Outcome>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < arms.Length; turn++)
            {
                // Compilation and first allocations are in the round that does not count.
                var arm = (turn + round + 1) % arms.Length;
                var outcome = arms[arm]();
                if (round >= 0)
                {
                    outcomes[arm].Add(outcome);
                }
            }
        }

        var (hand, trainer, fused) = (outcomes[0], outcomes[1], outcomes[2]);
        var result = new JsonObject
        {
            ["command"] = "training",
            ["work"] = name,
            ["parameters"] = hand[0].Weights.Length,
            ["epochs"] = epochs,
            ["steps"] = epochs * work.Batches.BatchCount,
            ["threads"] = get_num_threads(),
            ["rounds"] = rounds,
            ["hand_s"] = JsonLine.Round(Arms.Median([.. hand.Select(outcome => outcome.Seconds)])),
            ["trainer_s"] = JsonLine.Round(Arms.Median([.. trainer.Select(outcome => outcome.Seconds)])),
            ["fused_s"] = JsonLine.Round(Arms.Median([.. fused.Select(outcome => outcome.Seconds)])),
            ["equal_weights"] = hand.Concat(trainer).All(
                outcome => outcome.Weights.AsSpan().SequenceEqual(hand[0].Weights)),
            ["fused_largest_difference"] = JsonLine.Round(hand[0].Weights.Zip(fused[0].Weights, (one, other) => Math.Abs(
                (double)BitConverter.Int32BitsToSingle(one) - BitConverter.Int32BitsToSingle(other))).Max()),
            ["loss"] = JsonLine.Round(trainer[0].Loss),
            ["fused_loss"] = JsonLine.Round(fused[0].Loss),
        };
        AddRatio("trainer_ratio", trainer);
        AddRatio("fused_ratio", fused);
        JsonLine.Print(result);

        void AddRatio(string field, List<Outcome> arm)
        {
            var ratio = PairedDifference.Of([.. arm.Zip(hand, (one, other) => one.Seconds / other.Seconds)]);
            result[field] = JsonLine.Round(ratio.Median);
            result[$"{field}_low"] = JsonLine.Round(ratio.Low);
            result[$"{field}_high"] = JsonLine.Round(ratio.High);
        }
    }

    private Outcome ByHand()
    {
        manual_seed(1);
        using var network = work.CreateNetwork();
        var start = Stopwatch.GetTimestamp();
        using var optimizer = work.CreateOptimizer(network, isFused: false);
        var step = 0;
        var loss = 0.0;
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            network.train();
            using (var batches = work.Batches.GetBatches(epoch, 0).GetEnumerator())
            {
                while (true)
                {
                    using var scope = NewDisposeScope();
                    if (!batches.MoveNext())
                    {
                        break;
                    }

                    optimizer.zero_grad();
                    var trained = work.Loss(network, batches.Current);
                    trained.backward();
                    if (work.ClipNorm is { } norm)
                    {
                        nn.utils.clip_grad_norm_(network.parameters(), norm);
                    }

                    optimizer.step();
                    if (++step % LogInterval == 0)
                    {
                        TextWriter.Null.WriteLine($"{step}: {trained.item<float>():F4}");
                    }
                }
            }

            loss = Validate(network);
        }

        return new Outcome(Stopwatch.GetElapsedTime(start).TotalSeconds, loss, WeightsOf(network));
    }

    private double Validate(nn.Module<Tensor, Tensor> network)
    {
        network.eval();
        using var withoutGradients = no_grad();
        var (sum, count) = (0.0, 0);
        using var batches = work.ValidationBatches.GetEnumerator();
        while (true)
        {
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                return sum / count;
            }

            sum += work.Loss(network, batches.Current).item<float>();
            count++;
        }
    }

    private Outcome ByTrainer(bool isFused)
    {
        manual_seed(1);
        using var module = new WorkModule<TBatch>(work, isFused);
        using var trainer = new Trainer(
            new SingleDeviceStrategy(new NoCheckpointIO()),
            new TrainerOptions
            {
                StopOnSignals = false,
                MaxEpochs = epochs,
                GradientClipNorm = work.ClipNorm,
                LogEveryNSteps = LogInterval,
                SanityValidationSteps = 0,
                EnableCheckpointing = false,
            },
            [new ProgressLine(TextWriter.Null)]);
        var start = Stopwatch.GetTimestamp();
        trainer.Fit(module, work.Batches, work.ValidationBatches);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Outcome(seconds, trainer.Metrics["val_loss"], WeightsOf(module));
    }

    private static int[] WeightsOf(nn.Module module)
    {
        var bits = new List<int>();
        foreach (var parameter in module.parameters())
        {
            using var weights = parameter.detach().contiguous();
            foreach (var value in weights.data<float>())
            {
                bits.Add(BitConverter.SingleToInt32Bits(value));
            }
        }

        return [.. bits];
    }

    /// <param name="Seconds">The time of the training.</param>
    /// <param name="Loss">The loss of the last validation: the mean over batches by hand, over items of a trainer.</param>
    /// <param name="Weights">The bits of all weights at the end.</param>
    private sealed record Outcome(double Seconds, double Loss, int[] Weights);
}
