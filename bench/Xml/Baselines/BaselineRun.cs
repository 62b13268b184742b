using System.Diagnostics;
using System.Text.Json.Nodes;
using AttentionXml.Metrics;
using AttentionXml.Run;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Xml.Baselines;

/// <summary>The settings of <see cref="BaselineRun"/>.</summary>
/// <param name="Methods">The methods.</param>
/// <param name="Sample">The options of the sample that all methods share: data and limits.</param>
/// <param name="Training">Further options of the sample for the flat model and the tree.</param>
/// <param name="Tree">Further options of the sample for the tree.</param>
/// <param name="Cost">The weight of the loss of the linear classifiers.</param>
/// <param name="Tolerance">The tolerance of the linear classifiers.</param>
/// <param name="Threads">The number of threads.</param>
/// <param name="Directory">The folder for checkpoints.</param>
internal sealed record BaselineSettings(
    IReadOnlyList<string> Methods,
    IReadOnlyList<string> Sample,
    IReadOnlyList<string> Training,
    IReadOnlyList<string> Tree,
    double Cost,
    double Tolerance,
    int Threads,
    string Directory);

/// <summary>The sample's label tree next to simpler methods, on the same documents with the same metrics.</summary>
internal static class BaselineRun
{
    public const string Popularity = "popularity", Linear = "linear", Flat = "flat", Tree = "tree";

    public static readonly string[] Methods = [Popularity, Linear, Flat, Tree];

    // The linear classifiers read whole documents; the other methods read as many words as the sample's options state.
    private static readonly string[] WholeDocuments = ["--max-tokens", "500", "--max-vocabulary", "1000000"];

    /// <summary>Measures one method in this process, whose peak memory is that of the method.</summary>
    public static async Task RunAsync(string method, BaselineSettings settings)
    {
        PeakMemory.Reset();
        var start = Stopwatch.GetTimestamp();
        var (scores, more) = method is Popularity or Linear ? Fit(method, settings) : await TrainAsync(method, settings);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var line = new JsonObject
        {
            ["command"] = "xml-baselines",
            ["method"] = method,
            ["p1"] = JsonLine.Round(scores.PrecisionAt1),
            ["p3"] = JsonLine.Round(scores.PrecisionAt3),
            ["p5"] = JsonLine.Round(scores.PrecisionAt5),
            ["ndcg5"] = JsonLine.Round(scores.NdcgAt5),
            ["psp5"] = JsonLine.Round(scores.PropensityScoredAt5),
            ["seconds"] = JsonLine.Round(seconds),
            ["processor_seconds"] = JsonLine.Round(Environment.CpuUsage.TotalTime.TotalSeconds),
            ["threads"] = settings.Threads,
            ["peak_mb"] = PeakMemory.Get() >> 20,
        };
        foreach (var (name, value) in more)
        {
            line[name] = value?.DeepClone();
        }

        JsonLine.Print(line);
    }

    private static (RankingScores Scores, JsonObject More) Fit(string method, BaselineSettings settings)
    {
        var options = Bind([.. settings.Sample, .. method == Linear ? WholeDocuments : []]);
        var data = new RunData(options, new Screen(Console.Error, Console.Error, Columns: null)).Read();
        var propensities = TrainingRun.PropensitiesOf(data);
        var more = new JsonObject { ["labels"] = data.Vocabulary.Labels.Count, ["documents"] = data.Train.Count };
        if (method == Popularity)
        {
            return (PopularityBaseline.Score(data.Test, data.Vocabulary, propensities), more);
        }

        var (scores, iterations) = LinearBaseline.Run(data, settings, propensities);
        more["words"] = data.Vocabulary.Words.Count;
        more["iterations"] = JsonLine.Round(iterations);
        return (scores, more);
    }

    private static async Task<(RankingScores Scores, JsonObject More)> TrainAsync(string method, BaselineSettings settings)
    {
        var output = Path.Combine(settings.Directory, method);
        string[] more = [.. method == Tree ? settings.Tree : [], "--output", output, "--threads", $"{settings.Threads}"];
        var options = Bind([.. settings.Sample, .. settings.Training, .. more]);
        var run = new ForestRun(options, new Screen(Console.Error, Console.Error, Columns: null));
        try
        {
            await run.ExecuteAsync(CancellationToken.None);
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }

        return (run.Scores ?? throw new InvalidOperationException("The run ended without an evaluation."), []);
    }

    private static RunOptions Bind(string[] arguments)
    {
        var commandLine = new CommandLine();
        var parsed = commandLine.Root.Parse(arguments);
        return parsed.Errors.Count == 0
            ? commandLine.Bind(parsed)
            : throw new ArgumentException(string.Join(' ', parsed.Errors.Select(error => error.Message)), nameof(arguments));
    }
}
