using System.Diagnostics;
using System.Text.Json;
using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Model;
using AttentionXml.Run;
using AttentionXml.Tree;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.Testing;
using static TorchSharp.torch;

namespace AttentionXml.Policies;

/// <summary>
/// Trains the same model once for each checkpoint policy and prints the cost of checkpoints, one JSON object per line: the time that
/// training waited, and the bytes written.
/// </summary>
/// <param name="options">The options of the runs.</param>
/// <param name="screen">The output.</param>
internal sealed class PolicyComparison(RunOptions options, Screen screen)
{
    private readonly string _directory = Path.GetFullPath(options.Output ?? Workplace.OutputDirectory);

    /// <exception cref="InputException">Data or folders cannot be used.</exception>
    public async Task<FitStatus> ExecuteAsync(CancellationToken cancellation)
    {
        OutputFolder.CheckIsFree(_directory);
        var data = new RunData(options, screen).Read();
        using var output = OutputFolder.Claim(_directory);
        set_num_threads(options.Threads);
        SavingPolicy[] policies =
        [
            new("best-and-last-waiting", CheckpointSaving.Torch),
            new("best-and-last", CheckpointSaving.Async),
            new("best-in-memory", CheckpointSaving.Async, KeepsBestInMemory: true),
        ];
        foreach (var policy in policies)
        {
            var status = await TrainAsync(policy, data, cancellation);
            if (status == FitStatus.Cancelled)
            {
                return status;
            }
        }

        return FitStatus.Completed;
    }

    private async Task<FitStatus> TrainAsync(SavingPolicy policy, TextDataset data, CancellationToken cancellation)
    {
        var storage = new MeteredStorage(new LocalStorage());
        random.manual_seed(options.Seed);
        var level = TreeLevel.Flat(data.Vocabulary.Labels.Count);
        var batches = new TrainingBatches(data.Train, level, options.BatchSize, options.Seed);
        using var module = new AttentionXmlModule(data.Vocabulary, options.Sizes, options.LearningRate);
        var validations = new ValidationCount();
        await using var composition = new Composition(
            options, batches.Count, Path.Combine(_directory, policy.Name), policy with { Storage = storage }, validations);
        var start = Stopwatch.GetTimestamp();
        var validation = new EvaluationBatches(data.Validation, level, options.BatchSize);
        var result = await composition.Trainer.FitAsync(module, batches, validation, cancellationToken: cancellation);
        var total = Stopwatch.GetElapsedTime(start);
        var costs = result.Checkpoints;
        var best = composition.Trainer.CheckpointCallback as BestInMemoryCheckpoint;
        var waited = costs.Stall + (best?.Stall ?? TimeSpan.Zero);
        screen.Output.WriteLine(JsonSerializer.Serialize(new
        {
            command = "policies",
            policy = policy.Name,
            io = policy.IO,
            steps = result.GlobalStep,
            validations = validations.Count,
            saves = costs.Saves,
            durable = costs.Durable,
            superseded = costs.Superseded,
            files_written = storage.Files,
            links = storage.Links,
            written_mb = Math.Round(storage.Bytes / 1048576.0, 1),
            waited_ms = Math.Round(waited.TotalMilliseconds, 1),
            waited_ms_max = Math.Round(costs.LongestStall.TotalMilliseconds, 1),
            drain_ms = Math.Round(costs.Drain.TotalMilliseconds, 1),
            memory_mb = Math.Round((best?.ByteLength ?? 0) / 1048576.0, 1),
            best_ndcg5 = Math.Round(Best(composition.Trainer.CheckpointCallback), 4),
            total_s = Math.Round(total.TotalSeconds, 2),
        }));
        return result.Status;
    }

    private static double Best(Checkpoint? callback) => callback switch
    {
        ModelCheckpoint { BestModelScore: { } score } => score,
        BestInMemoryCheckpoint { BestModelScore: { } score } => score,
        _ => 0,
    };

    private sealed class ValidationCount : Callback
    {
        public int Count { get; private set; }

        public override void OnValidationEnd(OnValidationEndArguments arguments) => Count++;
    }
}
