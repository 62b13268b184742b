using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Metrics;
using AttentionXml.Model;
using AttentionXml.Policies;
using Fulgurite;
using static TorchSharp.torch;

namespace AttentionXml.Run;

/// <summary>One run from data to the final table.</summary>
/// <param name="options">The options of the run.</param>
/// <param name="screen">The output.</param>
internal sealed class TrainingRun(RunOptions options, Screen screen)
{
    private readonly string _directory = Path.GetFullPath(options.Output ?? Workplace.OutputDirectory);

    /// <summary>Trains, and evaluates the best checkpoint.</summary>
    /// <exception cref="InputException">Data, folders or the checkpoint are invalid.</exception>
    /// <exception cref="CheckpointException">A checkpoint could not be saved.</exception>
    public async Task<FitStatus> ExecuteAsync(CancellationToken cancellation)
    {
        // Checks that need no data run before the data is read, which may be slow.
        if (options.Resume is null)
        {
            OutputFolder.CheckIsFree(_directory);
        }
        else
        {
            ResumePoint.CheckExists(options.Resume, _directory);
        }

        var reader = new RunData(options, screen);
        var files = reader.Open();
        using var output = OutputFolder.Claim(_directory);
        var data = reader.Read(files);
        cancellation.ThrowIfCancellationRequested();
        set_num_threads(options.Threads);
        random.manual_seed(options.Seed);
        var batches = new TrainingBatches(data.Train, data.Vocabulary.Labels.Count, options.BatchSize, options.Seed);
        var started = new StartedFlag();
        using var module = new AttentionXmlModule(data.Vocabulary, options.Sizes, options.LearningRate);
        await using var composition = new Composition(
            options, batches.Count, _directory, SavingPolicy.BestAndLast(options.IO), screen.Progress(), started);
        screen.Output.WriteLine($"{module.parameters().Sum(p => p.numel()):N0} parameters; checkpoints go to {_directory}");
        FitResult result;
        try
        {
            result = await composition.Trainer.FitAsync(
                module, batches, ForEvaluation(data.Validation, data.Vocabulary), options.Resume, cancellation);
        }
        catch (Exception e) when (!started.IsSet && e is CheckpointException or InvalidOperationException)
        {
            // The checkpoint of --resume is missing, damaged, not a checkpoint, or one of another model.
            throw new InputException(e.Message, e);
        }

        return Report(composition.Trainer, module, data, result, cancellation);
    }

    private EvaluationBatches ForEvaluation(Documents documents, Vocabulary vocabulary) =>
        new(documents, vocabulary.Labels.Count, options.BatchSize);

    private FitStatus Report(Trainer trainer, AttentionXmlModule module, TextDataset data, FitResult result, CancellationToken cancellation)
    {
        var checkpoint = trainer.CheckpointCallback;
        var status = result.Status;
        if (status == FitStatus.Cancelled)
        {
            screen.Output.WriteLine(
                $"Stopped at step {result.GlobalStep}. The last checkpoint is {checkpoint?.LastModelPath}; resume with --resume.");
        }
        else
        {
            try
            {
                Judge(trainer, module, data, checkpoint?.BestModelPath, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                status = FitStatus.Cancelled;
                screen.Output.WriteLine(
                    "Stopped during the evaluation on held-out documents; training is done and saved. --resume evaluates again.");
            }

            // A run that ends before its first validation has no best checkpoint.
            if (checkpoint?.BestModelPath is { } best)
            {
                screen.Output.WriteLine($"Best checkpoint: {best}");
            }

            screen.Output.WriteLine($"Last checkpoint: {checkpoint?.LastModelPath} (step {result.GlobalStep})");
        }

        screen.Output.WriteLine(result.Checkpoints.ToString());
        return status;
    }

    private void Judge(Trainer trainer, AttentionXmlModule module, TextDataset data, string? best, CancellationToken cancellation)
    {
        screen.Output.WriteLine($"Training is done; evaluating on {data.Test.Count:N0} held-out documents ...");
        var metrics = trainer.Validate(module, ForEvaluation(data.Test, data.Vocabulary), best, cancellation);
        var scores = new RankingScores(
            metrics[AttentionXmlModule.P1], metrics[AttentionXmlModule.P3], metrics[AttentionXmlModule.P5],
            metrics[AttentionXmlModule.Ndcg5]);
        var table = ScoreTable.Lines(
            "held-out documents",
            ("the most frequent labels, for all alike", PopularityBaseline.Score(data.Test, data.Vocabulary)),
            (best is null ? "this model" : $"this model ({Path.GetFileNameWithoutExtension(best)})", scores));
        foreach (var line in table)
        {
            screen.Output.WriteLine(line);
        }
    }
}
