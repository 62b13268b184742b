using System.CommandLine;
using System.Globalization;
using AttentionXml.Data.Formats;
using AttentionXml.Data.Generated;

namespace AttentionXml.Run;

/// <summary>The options of the command line. Their defaults are those of <see cref="RunOptions"/>.</summary>
internal sealed class CommandLine
{
    private readonly List<Action<ParseResult, RunOptions>> _bindings = [];

    public CommandLine()
    {
        Root = new RootCommand("Trains a text classifier with very many labels (AttentionXML), saving checkpoints in the background.");

        var d = new RunOptions();
        AddText(
            "--data", "Folder with train.txt and test.txt, maybe valid.txt, also as .gz. Default: made from this machine's package index",
            (o, v) => o.Data = v);
        AddChoice("--generate", "Generated documents of this shape instead of data", DataShape.Names, null, (o, v) => o.Generate = v);
        AddFlag("--all-labels", "Keep labels that the package index has only once, in a data set of its own", (o, v) => o.AllLabels = v);
        AddChoice("--format", "Format of the files", CorpusFormats.Names, d.Format, (o, v) => o.Format = v);
        AddCount("--max-documents", "First training documents to use. Default: all", 1, (o, v) => o.Limits.MaxDocuments = v);
        AddCount("--max-tokens", "First words of a document to use", d.Limits.MaxTokens, 1, (o, v) => o.Limits.MaxTokens = v);
        AddCount(
            "--max-vocabulary", "Words to keep, the most frequent ones", d.Limits.MaxVocabulary, 1, (o, v) => o.Limits.MaxVocabulary = v);
        AddCount(
            "--min-word-frequency", "Times that the training documents must have a word", d.Limits.MinWordFrequency, 1,
            (o, v) => o.Limits.MinWordFrequency = v);
        AddCount(
            "--min-label-frequency", "Training documents that must have a label", d.Limits.MinLabelFrequency, 1,
            (o, v) => o.Limits.MinLabelFrequency = v);

        AddCount("--embedding", "Numbers that stand for a word", d.Sizes.Embedding, 1, (o, v) => o.Sizes.Embedding = v);
        AddCount("--hidden", "Width of the LSTM in each direction", d.Sizes.Hidden, 1, (o, v) => o.Sizes.Hidden = v);
        AddCount("--mlp", "Width of the layer between attention and output", d.Sizes.Mlp, 1, (o, v) => o.Sizes.Mlp = v);
        Add<double>(
            "--dropout", "Part of the activations to drop in training", (o, v) => o.Sizes.Dropout = v, "0 or more and below 1",
            v => v is >= 0 and < 1)
            .DefaultValueFactory = _ => d.Sizes.Dropout;
        AddFlag(
            "--add-attention", "Add the mean attention score of a label to its log-odds, unlike the published model",
            (o, v) => o.Sizes.AddsAttention = v);
        AddFlag(
            "--word-vectors", "Begin with word vectors from a singular value decomposition of the training documents",
            (o, v) => o.WordVectors = v);

        AddCount("--levels", "Levels of the label tree; 1 for a flat model that scores every label", d.Levels, 1, (o, v) => o.Levels = v);
        AddCount("--cluster-size", "Labels in a cluster of the label tree at most", d.ClusterSize, 1, (o, v) => o.ClusterSize = v);
        AddCount("--beam", "Nodes of a level whose children are candidates of the next level", d.Beam, 1, (o, v) => o.Beam = v);

        Add<double>(
            "--parent-weight", "Weight of the logarithm of the parent's probability in the score of a node; 1 as published",
            (o, v) => o.Sizes.ParentWeight = v, "more than 0", v => v > 0 && double.IsFinite(v))
            .DefaultValueFactory = _ => d.Sizes.ParentWeight;

        AddCount(
            "--trees", "Trees to train, with successive seeds; labels are ranked by the means of their probabilities", d.Trees, 1,
            (o, v) => o.Trees = v);
        AddCount("--epochs", "Times to go through the training documents", d.Epochs, 0, (o, v) => o.Epochs = v);
        Add<long>(
            "--max-steps", "Optimizer steps to stop after, those before a resume counted. Default: no limit", (o, v) => o.MaxSteps = v,
            "a whole number, 0 or more", v => v >= 0);
        AddCount("--batch-size", "Documents in a batch", d.BatchSize, 1, (o, v) => o.BatchSize = v);
        Add<double>("--learning-rate", "Step size of Adam", (o, v) => o.LearningRate = v, "more than 0", v => v > 0 && double.IsFinite(v))
            .DefaultValueFactory = _ => d.LearningRate;
        AddCount(
            "--validate-every", "Batches between two validations, each of which saves checkpoints", d.ValidateEvery, 1,
            (o, v) => o.ValidateEvery = v);
        AddCount(
            "--validation-documents", "Documents to validate on at most", d.ValidationDocuments, 1, (o, v) => o.ValidationDocuments = v);
        AddCount("--patience", "Validations without improvement after which a level ends. Default: no limit", 1, (o, v) => o.Patience = v);
        AddCount(
            "--average-from", "First epoch, from 0, of averaging weights at every validation. Default: no averaging", 0,
            (o, v) => o.AverageFrom = v);
        AddCount("--seed", "What all randomness begins with", d.Seed, 0, (o, v) => o.Seed = v);
        AddCount("--threads", "Threads to compute with; more are good for large sizes", d.Threads, 1, (o, v) => o.Threads = v);

        AddChoice(
            "--io",
            "How checkpoints are saved: async (in the background), incremental (also, only what has changed), or torch (training waits)",
            CheckpointSaving.Names, d.IO,
            (o, v) => o.IO = v);
        AddComparison();
        AddText("--output", "Folder for checkpoints. Default: runs/attentionxml", (o, v) => o.Output = v);
        AddResume();
    }

    public RootCommand Root { get; }

    public RunOptions Bind(ParseResult result)
    {
        var options = new RunOptions();
        foreach (var bind in _bindings)
        {
            bind(result, options);
        }

        return options;
    }

    /// <param name="name">The option.</param>
    /// <param name="description">Its description.</param>
    /// <param name="set">Sets its value; not called if the option is missing.</param>
    /// <param name="allowed">The allowed values, in words.</param>
    /// <param name="isAllowed">Returns true for an allowed value.</param>
    private Option<T> Add<T>(string name, string description, Action<RunOptions, T> set, string allowed, Func<T, bool> isAllowed)
        where T : IParsable<T>
    {
        var option = new Option<T>(name)
        {
            Description = description,
            CustomParser = argument =>
            {
                var text = argument.Tokens[0].Value;
                if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && isAllowed(value))
                {
                    return value;
                }

                argument.AddError($"{name} is '{text}'; allowed is {allowed}.");
                return default!;
            },
        };
        Root.Add(option);
        _bindings.Add((result, options) =>
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                set(options, result.GetValue(option)!);
            }
        });
        return option;
    }

    private void AddText(string name, string description, Action<RunOptions, string> set) =>
        Add(name, description, set, "a text that is not empty", value => value.Length > 0);

    private Option<int> AddCount(string name, string description, int atLeast, Action<RunOptions, int> set) =>
        Add(name, description, set, $"a whole number, {atLeast} or more", value => value >= atLeast);

    private void AddCount(string name, string description, int defaultValue, int atLeast, Action<RunOptions, int> set) =>
        AddCount(name, description, atLeast, set).DefaultValueFactory = _ => defaultValue;

    private void AddChoice(string name, string description, string[] choices, string? defaultValue, Action<RunOptions, string> set)
    {
        var option = Add(name, description, set, string.Join(", ", choices), value => choices.Contains(value, StringComparer.Ordinal));
        if (defaultValue is not null)
        {
            option.DefaultValueFactory = _ => defaultValue;
        }

        option.CompletionSources.Add(choices);
    }

    private void AddComparison() => AddFlag(
        "--compare-policies",
        "Train once for each way of saving and print what checkpoints cost, as JSON: best and last while training waits, "
            + "the same in the background, and the best kept in memory",
        (o, v) => o.ComparePolicies = v);

    private void AddFlag(string name, string description, Action<RunOptions, bool> set)
    {
        var option = new Option<bool>(name) { Description = description };
        Root.Add(option);
        _bindings.Add((result, options) => set(options, result.GetValue(option)));
    }

    private void AddResume()
    {
        var option = new Option<string?>("--resume")
        {
            Description = "Go on from the last checkpoint in the output folder, or from the one given",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "checkpoint",
        };
        Root.Add(option);
        _bindings.Add(
            (result, options) => options.Resume = result.GetResult(option) is null ? null : result.GetValue(option) ?? ResumePoint.Last);
    }
}
