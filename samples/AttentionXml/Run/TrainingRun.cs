using System.Diagnostics;
using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Metrics;
using AttentionXml.Model;
using AttentionXml.Policies;
using AttentionXml.Tree;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.Metrics;
using static TorchSharp.torch;

namespace AttentionXml.Run;

/// <summary>One run from data to the final table, with one tree.</summary>
/// <param name="options">The options of the run.</param>
/// <param name="screen">The output.</param>
/// <param name="observers">Further callbacks of every level.</param>
internal sealed class TrainingRun(RunOptions options, Screen screen, params Callback[] observers)
{
    private readonly string _directory = options.OutputDirectory;

    /// <summary>Gets the result on the held-out documents; null before the evaluation.</summary>
    public RankingScores? Scores { get; private set; }

    /// <summary>
    /// Gets the <see cref="MeanRanking.Depth"/> best labels of every held-out document; null before the evaluation, or with one tree.
    /// </summary>
    public Candidates? Ranking { get; private set; }

    /// <summary>Gets or sets the documents; null to read them.</summary>
    public TextDataset? Data { get; set; }

    /// <summary>Returns the propensities of the labels, estimated from their frequencies in the training documents.</summary>
    public static double[] PropensitiesOf(TextDataset data)
    {
        var counts = new long[data.Vocabulary.Labels.Count];
        foreach (var document in data.Train.Indices)
        {
            foreach (var label in data.Train.Corpus.Labels[document])
            {
                counts[label]++;
            }
        }

        return PropensityScoredPrecisionAtK.Propensities(counts, Math.Max(3, data.Train.Count));
    }

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

        if (options.Resume is not null and not ResumePoint.Last && (options.Levels > 1 || options.Trees > 1))
        {
            throw new InputException("A label tree resumes from the last checkpoint of its current level: give --resume without a file.");
        }

        var reader = new RunData(options, screen);
        var files = Data is null ? reader.Open() : null;
        using var output = OutputFolder.Claim(_directory);
        var data = Data ??= reader.Read(files!);
        UntilTraining(cancellation).ThrowIfCancellationRequested();
        set_num_threads(options.Threads);
        var tree = CreateTree(data);

        // The representations of 670,091 labels take gigabytes, and training allocates too little for a collection of its own.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        var propensities = PropensitiesOf(data);
        AttentionXmlModule? above = null;
        Beams? beams = null;
        try
        {
            foreach (var level in tree.Levels)
            {
                // The same start of a level, whether the level above was trained by this process or an earlier one.
                random.manual_seed(options.Seed + level.Index);
                var module = new AttentionXmlModule(data.Vocabulary, options.Sizes, options.LearningRate, tree, level.Index, propensities);
                if (level.Index == 0 && options.WordVectors)
                {
                    using var vectors = WordVectors.Create(data.Train, data.Vocabulary, options.Sizes.Embedding);
                    module.StartFrom(vectors);
                }

                if (Launcher.Rank > 0)
                {
                    // The processes have different documents, so they drop out different activations.
                    random.manual_seed(options.Seed + level.Index + (1_000_003L * Launcher.Rank));
                }

                if (above is not null)
                {
                    module.StartFrom(above);
                    above.Dispose();
                }

                above = module;
                var status = await TrainAsync(module, tree, level, data, beams, propensities, cancellation);
                if (status == FitStatus.Cancelled || level.IsLast)
                {
                    return status;
                }

                screen.Output.WriteLine($"Level {level.Index} is done; finding candidates for level {level.Index + 1} ...");
                beams = Search(module, level, data, beams, UntilTraining(cancellation));
            }
        }
        catch (OperationCanceledException) when (above is not null && cancellation.IsCancellationRequested)
        {
            screen.Output.WriteLine("Stopped between two levels; the levels before are trained and saved. Resume with --resume.");
            return FitStatus.Cancelled;
        }
        finally
        {
            above?.Dispose();
        }

        throw new UnreachableException();
    }

    // Several processes stop together, at the next step of training.
    private static CancellationToken UntilTraining(CancellationToken cancellation) =>
        Launcher.IsPresent ? CancellationToken.None : cancellation;

    private LabelTree CreateTree(TextDataset data)
    {
        var labels = data.Vocabulary.Labels.Count;
        var height = BalancedClustering.HeightFor(labels, options.ClusterSize);
        if (options.Levels == 1 || height == 0)
        {
            return LabelTree.Flat(labels);
        }

        var representations = LabelRepresentations.Create(data.Train, data.Vocabulary.Words.Count, labels);
        var tree = LabelTree.Create(BalancedClustering.Split(representations, height, options.Seed), height, options.Levels);
        screen.Output.WriteLine($"Label tree with levels of {string.Join(", ", tree.Levels.Select(level => $"{level.Count:N0}"))} nodes");
        return tree;
    }

    private Beams Search(AttentionXmlModule module, TreeLevel level, TextDataset data, Beams? above, CancellationToken cancellation)
    {
        return new Beams(Of(data.Train, above?.Train), Of(data.Validation, above?.Validation), Of(data.Test, above?.Test));

        Candidates Of(Documents documents, Candidates? nodes) =>
            Candidates.Search(module, level, documents, nodes, options.Beam, options.BatchSize, cancellation);
    }

    /// <summary>Trains a level; the module then has its best weights.</summary>
    private async Task<FitStatus> TrainAsync(
        AttentionXmlModule module,
        LabelTree tree,
        TreeLevel level,
        TextDataset data,
        Beams? beams,
        double[]? propensities,
        CancellationToken cancellation)
    {
        var isFlat = level is { Index: 0, IsLast: true };
        var folder = new LevelFolder(_directory, isFlat ? null : level.Index, $"{data.Vocabulary.Fingerprint}/{tree.Fingerprint}");
        var batches = new TrainingBatches(data.Train, level, options.BatchSize, options.Seed, beams?.Train);
        var started = new StartedFlag();
        using var best = new BestWeights();
        Callback[] callbacks = [screen.Progress(), started, .. observers, .. isFlat ? Array.Empty<Callback>() : [best]];
        await using var composition = new Composition(options, batches.Count, folder.Path, SavingPolicy.BestAndLast(options.IO), callbacks);
        var trainer = composition.Trainer;
        if (folder.FindResult() is { } result && !level.IsLast)
        {
            screen.Output.WriteLine($"Level {level.Index} was trained before: {result}");
            trainer.LoadWeights(module, result);
            return FitStatus.Completed;
        }

        var name = isFlat ? string.Empty : $"Level {level.Index}: {level.Count:N0} nodes, ";
        screen.Output.WriteLine($"{name}{module.parameters().Sum(p => p.numel()):N0} parameters; checkpoints go to {folder.Path}");
        var resume = isFlat || OutputFolder.HoldsCheckpoints(folder.Path) ? options.Resume : null;
        FitResult fit;
        try
        {
            fit = await trainer.FitAsync(module, batches, ForEvaluation(data.Validation, level, beams?.Validation), resume, cancellation);
        }
        catch (Exception e) when (!started.IsSet && e is CheckpointException or InvalidOperationException)
        {
            // The checkpoint of --resume is missing, damaged, not a checkpoint, or one of another model.
            throw new InputException(e.Message, e);
        }

        if (level.IsLast)
        {
            return Report(trainer, module, level, data, beams?.Test, propensities, fit, cancellation);
        }

        if (fit.Status == FitStatus.Cancelled)
        {
            ReportStop(trainer, fit);
        }
        else
        {
            best.Restore(trainer, module);
            if (trainer.Strategy.Collectives.IsRankZero)
            {
                folder.Complete(trainer.CheckpointCallback!.BestModelPath ?? trainer.CheckpointCallback.LastModelPath!);
            }
        }

        screen.Output.WriteLine(fit.Checkpoints.ToString());
        return fit.Status;
    }

    private EvaluationBatches ForEvaluation(Documents documents, TreeLevel level, Candidates? above) =>
        new(documents, level, options.BatchSize, above);

    private void ReportStop(Trainer trainer, FitResult result) => screen.Output.WriteLine(
        $"Stopped at step {result.GlobalStep}. The last checkpoint is {trainer.CheckpointCallback?.LastModelPath}; resume with --resume.");

    private FitStatus Report(
        Trainer trainer,
        AttentionXmlModule module,
        TreeLevel level,
        TextDataset data,
        Candidates? above,
        double[]? propensities,
        FitResult result,
        CancellationToken cancellation)
    {
        var checkpoint = trainer.CheckpointCallback;
        var status = result.Status;
        if (status == FitStatus.Cancelled)
        {
            ReportStop(trainer, result);
        }
        else
        {
            try
            {
                var test = ForEvaluation(data.Test, level, above);
                Judge(trainer, module, data, test, propensities, checkpoint?.BestModelPath, cancellation);
                if (options.Trees > 1)
                {
                    Ranking = Candidates.Search(
                        module, level, data.Test, above, MeanRanking.Depth, options.BatchSize, UntilTraining(cancellation));
                }
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

    private void Judge(
        Trainer trainer,
        AttentionXmlModule module,
        TextDataset data,
        EvaluationBatches test,
        double[]? propensities,
        string? best,
        CancellationToken cancellation)
    {
        screen.Output.WriteLine($"Training is done; evaluating on {data.Test.Count:N0} held-out documents ...");
        var metrics = trainer.Validate(module, test, best, cancellation);
        var scores = new RankingScores(
            metrics[AttentionXmlModule.P1], metrics[AttentionXmlModule.P3], metrics[AttentionXmlModule.P5],
            metrics[AttentionXmlModule.Ndcg5],
            metrics[AttentionXmlModule.Psp1], metrics[AttentionXmlModule.Psp3], metrics[AttentionXmlModule.Psp5]);
        Scores = scores;
        var table = ScoreTable.Lines(
            "held-out documents",
            ("the most frequent labels, for all alike", PopularityBaseline.Score(data.Test, data.Vocabulary, propensities)),
            (best is null ? "this model" : $"this model ({Path.GetFileNameWithoutExtension(best)})", scores));
        foreach (var line in table)
        {
            screen.Output.WriteLine(line);
        }
    }

    /// <summary>The candidates for the next level.</summary>
    private sealed record Beams(Candidates Train, Candidates Validation, Candidates Test);
}
