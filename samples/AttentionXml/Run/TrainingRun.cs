using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Data.Debian;
using AttentionXml.Metrics;
using AttentionXml.Model;
using Fulgurite;
using Fulgurite.IO;
using static TorchSharp.torch;

namespace AttentionXml.Run;

/// <summary>One run from data to the table at its end.</summary>
/// <param name="options">What it was told.</param>
/// <param name="screen">Where the user reads.</param>
internal sealed class TrainingRun(RunOptions options, Screen screen)
{
    private readonly string _directory = Path.GetFullPath(options.Output ?? Workplace.OutputDirectory);

    /// <summary>Trains, and judges the best checkpoint.</summary>
    /// <exception cref="InputException">Data, folders or the checkpoint to go on from cannot be used.</exception>
    /// <exception cref="CheckpointException">A checkpoint could not be saved.</exception>
    public async Task<FitStatus> ExecuteAsync(CancellationToken cancellation)
    {
        ClaimDirectory();
        var data = Read();
        cancellation.ThrowIfCancellationRequested();
        set_num_threads(options.Threads);
        random.manual_seed(options.Seed);
        var batches = new TrainingBatches(data.Train, data.Vocabulary.Labels.Count, options.BatchSize, options.Seed);
        var started = new StartedFlag();
        using var module = new AttentionXmlModule(data.Vocabulary, options.Sizes, options.LearningRate);
        await using var composition = new Composition(options, batches.Count, _directory, screen.Progress(), started);
        screen.Output.WriteLine($"{module.parameters().Sum(p => p.numel()):N0} parameters; checkpoints go to {_directory}");
        FitResult result;
        try
        {
            result = await composition.Trainer.FitAsync(module, batches, ForEvaluation(data.Validation, data.Vocabulary), options.Resume, cancellation);
        }
        catch (Exception e) when (!started.IsSet && e is CheckpointException or InvalidOperationException)
        {
            // What was given with --resume is missing, damaged, no checkpoint, or one of another model.
            throw new InputException(e.Message, e);
        }

        Report(composition.Trainer, module, data, result);
        return result.Status;
    }

    private void ClaimDirectory()
    {
        try
        {
            Directory.CreateDirectory(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The output folder {_directory} cannot be made: {e.Message} Give another with --output DIR.", e);
        }

        if (options.Resume is null && Directory.EnumerateFiles(_directory, "*.ckpt").Any())
        {
            throw new InputException(
                $"{_directory} holds the checkpoints of an earlier run, which would be lost. Go on from them with --resume, choose another folder with --output DIR, or delete the folder.");
        }
    }

    private Dataset Read()
    {
        var directory = options.Data ?? Workplace.DataDirectory;
        if (options.Data is null)
        {
            DebianDataset.Prepare(directory, () => new AptPackageIndex(screen.Output.WriteLine).Read(), screen.Output.WriteLine);
        }

        var data = Dataset.Read(CorpusDirectory.Open(directory), options.Format, options.Limits, options.ValidationDocuments);
        screen.Output.WriteLine(
            $"{directory}: {data.Train.Count:N0} documents to train on, {data.Validation.Count:N0} to validate, {data.Test.Count:N0} held out; "
            + $"{data.Vocabulary.Words.Count:N0} words, {data.Vocabulary.Labels.Count:N0} labels");
        return data;
    }

    private EvaluationBatches ForEvaluation(Documents documents, Vocabulary vocabulary) => new(documents, vocabulary.Labels.Count, options.BatchSize);

    private void Report(Trainer trainer, AttentionXmlModule module, Dataset data, FitResult result)
    {
        var checkpoint = trainer.CheckpointCallback;
        if (result.Status == FitStatus.Cancelled)
        {
            screen.Output.WriteLine($"Stopped at step {result.GlobalStep}. The last checkpoint is {checkpoint?.LastModelPath}; go on from it with --resume.");
        }
        else
        {
            Judge(trainer, module, data, checkpoint?.BestModelPath);
            screen.Output.WriteLine($"Best checkpoint: {checkpoint?.BestModelPath}");
            screen.Output.WriteLine($"Last checkpoint: {checkpoint?.LastModelPath} (step {result.GlobalStep})");
        }

        screen.Output.WriteLine(result.Checkpoints.ToString());
    }

    private void Judge(Trainer trainer, AttentionXmlModule module, Dataset data, string? best)
    {
        var metrics = trainer.Validate(module, ForEvaluation(data.Test, data.Vocabulary), best);
        var scores = new RankingScores(
            metrics[AttentionXmlModule.P1], metrics[AttentionXmlModule.P3], metrics[AttentionXmlModule.P5], metrics[AttentionXmlModule.Ndcg5]);
        var table = ScoreTable.Lines(
            $"{data.Test.Count:N0} held-out documents",
            ("the most frequent labels, for all alike", PopularityBaseline.Score(data.Test, data.Vocabulary)),
            (best is null ? "this model" : $"this model ({Path.GetFileNameWithoutExtension(best)})", scores));
        foreach (var line in table)
        {
            screen.Output.WriteLine(line);
        }
    }
}
