using AttentionXml.Data;
using AttentionXml.Metrics;
using AttentionXml.Tree;
using Fulgurite;

namespace AttentionXml.Run;

/// <summary>
/// A run of one or several trees, one after the other, each with a seed and a folder of its own. The labels are ranked by the means of
/// their probabilities in all trees.
/// </summary>
/// <param name="options">The options of the run.</param>
/// <param name="screen">The output.</param>
/// <param name="observers">Further callbacks of every level.</param>
internal sealed class ForestRun(RunOptions options, Screen screen, params Callback[] observers)
{
    /// <summary>Gets the result on the held-out documents; null before the evaluation.</summary>
    public RankingScores? Scores { get; private set; }

    /// <inheritdoc cref="TrainingRun.ExecuteAsync"/>
    public async Task<FitStatus> ExecuteAsync(CancellationToken cancellation)
    {
        if (options is { Trees: > 1, Resume: null })
        {
            // The folders of the trees are checked here, before the first tree is trained.
            OutputFolder.CheckIsFree(options.OutputDirectory);
        }

        TextDataset? data = null;
        var rankings = new List<Candidates>();
        var rows = new List<(string Name, RankingScores Scores)>();
        for (var tree = 1; tree <= options.Trees; tree++)
        {
            var treeOptions = options.ForTree(tree);
            var name = $"tree {tree}, seed {treeOptions.Seed}";
            if (options.Trees > 1)
            {
                screen.Output.WriteLine($"Tree {tree} of {options.Trees}, seed {treeOptions.Seed}");
            }

            var run = new TrainingRun(treeOptions, screen, observers) { Data = data };
            try
            {
                if (await run.ExecuteAsync(cancellation) is var status && (status == FitStatus.Cancelled || options.Trees == 1))
                {
                    Scores = run.Scores;
                    return status;
                }
            }
            catch (OperationCanceledException) when (tree > 1 && cancellation.IsCancellationRequested)
            {
                screen.Output.WriteLine("Stopped between two trees; the trees before are trained and saved. Resume with --resume.");
                return FitStatus.Cancelled;
            }

            data = run.Data;
            rankings.Add(run.Ranking!);
            rows.Add((name, run.Scores!.Value));
        }

        Scores = Rank(rankings, data!);
        foreach (var line in ScoreTable.Lines("held-out documents", [.. rows, ($"mean of {options.Trees} trees", Scores.Value)]))
        {
            screen.Output.WriteLine(line);
        }

        return FitStatus.Completed;
    }

    private static RankingScores Rank(List<Candidates> trees, TextDataset data)
    {
        var metrics = new RankingMetrics(TrainingRun.PropensitiesOf(data));
        foreach (var document in data.Test.Indices)
        {
            var mean = new MeanRanking();
            foreach (var tree in trees)
            {
                mean.Add(tree.Nodes(document), tree.Scores(document));
            }

            var corpus = data.Test.Corpus;
            metrics.Add(mean.Best(RankingMetrics.Depth), corpus.Labels[document], corpus.TrueLabels(document));
        }

        return metrics.Result();
    }
}
