using System.CommandLine;
using AttentionXml.Data.Formats;

namespace AttentionXml.Run;

/// <summary>The options of the command line. Their defaults are those of <see cref="RunOptions"/>.</summary>
internal sealed class CommandLine
{
    private readonly List<Action<ParseResult, RunOptions>> _bindings = [];
    private readonly RunOptions _defaults = new();

    public CommandLine()
    {
        Root = new RootCommand("Trains a text classifier with very many labels (AttentionXML), saving checkpoints in the background.");

        Add<string?>("--data", "Folder with train.txt and test.txt, maybe valid.txt. Default: made from this machine's package index", null, (o, v) => o.Data = v);
        AddChoice("--format", "Format of the files", CorpusFormats.Names, _defaults.Format, (o, v) => o.Format = v);
        AddNumber("--max-documents", "First training documents to use", _defaults.Limits.MaxDocuments, 1, (o, v) => o.Limits.MaxDocuments = v);
        AddNumber("--max-tokens", "First words of a document to use", _defaults.Limits.MaxTokens, 1, (o, v) => o.Limits.MaxTokens = v);
        AddNumber("--max-vocabulary", "Words to keep, the most frequent ones", _defaults.Limits.MaxVocabulary, 1, (o, v) => o.Limits.MaxVocabulary = v);
        AddNumber("--min-word-frequency", "Times that the training documents must have a word", _defaults.Limits.MinWordFrequency, 1, (o, v) => o.Limits.MinWordFrequency = v);
        AddNumber("--min-label-frequency", "Training documents that must have a label", _defaults.Limits.MinLabelFrequency, 1, (o, v) => o.Limits.MinLabelFrequency = v);

        AddNumber("--embedding", "Numbers that stand for a word", _defaults.Sizes.Embedding, 1, (o, v) => o.Sizes.Embedding = v);
        AddNumber("--hidden", "Width of the LSTM in each direction", _defaults.Sizes.Hidden, 1, (o, v) => o.Sizes.Hidden = v);
        AddNumber("--mlp", "Width of the layer between attention and output", _defaults.Sizes.Mlp, 1, (o, v) => o.Sizes.Mlp = v);
        AddNumber("--dropout", "Part of the activations to drop in training, from 0 to below 1", _defaults.Sizes.Dropout, 0, (o, v) => o.Sizes.Dropout = v, below: 1);

        AddNumber("--epochs", "Times to go through the training documents", _defaults.Epochs, 0, (o, v) => o.Epochs = v);
        Add<long?>("--max-steps", "Optimizer steps to stop after, those before a resume counted", null, (o, v) => o.MaxSteps = v, v => v is null or >= 0 ? null : "0 or more");
        AddNumber("--batch-size", "Documents in a batch", _defaults.BatchSize, 1, (o, v) => o.BatchSize = v);
        AddNumber("--learning-rate", "Step size of Adam", _defaults.LearningRate, double.Epsilon, (o, v) => o.LearningRate = v);
        AddNumber("--validate-every", "Batches between two validations, each of which saves checkpoints", _defaults.ValidateEvery, 1, (o, v) => o.ValidateEvery = v);
        AddNumber("--validation-documents", "Documents to validate on at most", _defaults.ValidationDocuments, 1, (o, v) => o.ValidationDocuments = v);
        AddNumber("--seed", "What all randomness begins with", _defaults.Seed, 0, (o, v) => o.Seed = v);
        Add<int?>("--threads", "Threads to compute with. Default: chosen by the engine", null, (o, v) => o.Threads = v, v => v is null or >= 1 ? null : "1 or more");

        AddChoice("--io", "How checkpoints are saved: async (in the background) or torch (training waits)", CheckpointSaving.Names, _defaults.IO, (o, v) => o.IO = v);
        Add<string?>("--output", "Folder for checkpoints. Default: runs/attentionxml", null, (o, v) => o.Output = v);
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

    private Option<T> Add<T>(string name, string description, T defaultValue, Action<RunOptions, T> set, Func<T, string?>? allowed = null)
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => defaultValue };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.Tokens.Count == 0)
            {
                return;
            }

            if (allowed?.Invoke(result.GetValueOrDefault<T>()) is { } expected)
            {
                result.AddError($"{name} is {result.Tokens[0].Value}; allowed is {expected}.");
            }
        });
        Root.Add(option);
        _bindings.Add((result, options) => set(options, result.GetValue(option)!));
        return option;
    }

    private void AddNumber(string name, string description, int defaultValue, int atLeast, Action<RunOptions, int> set) =>
        Add(name, description, defaultValue, set, value => value >= atLeast ? null : $"{atLeast} or more");

    private void AddNumber(
        string name, string description, double defaultValue, double atLeast, Action<RunOptions, double> set, double below = double.PositiveInfinity) =>
        Add(name, description, defaultValue, set, value => value >= atLeast && value < below
            ? null
            : (atLeast is double.Epsilon ? "more than 0" : $"{atLeast} or more") + (double.IsFinite(below) ? $" and below {below}" : string.Empty));

    private void AddChoice(string name, string description, string[] choices, string defaultValue, Action<RunOptions, string> set) =>
        Add(name, description, defaultValue, set, value => choices.Contains(value, StringComparer.Ordinal) ? null : string.Join(", ", choices))
            .CompletionSources.Add(choices);

    private void AddResume()
    {
        var option = new Option<string?>("--resume")
        {
            Description = "Go on from the last checkpoint in the output folder, or from the one given",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "checkpoint",
        };
        Root.Add(option);
        _bindings.Add((result, options) => options.Resume = result.GetResult(option) is null ? null : result.GetValue(option) ?? "last");
    }
}
