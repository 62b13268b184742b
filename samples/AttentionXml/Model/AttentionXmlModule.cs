using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Metrics;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.State;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AttentionXml.Model;

/// <summary>Trains <see cref="AttentionXmlNetwork"/> and measures its rankings of labels.</summary>
internal sealed class AttentionXmlModule : TrainingModule<TextBatch>
{
    /// <summary>The metric names of a validation.</summary>
    public const string Ndcg5 = "val_ndcg5", P1 = "val_p1", P3 = "val_p3", P5 = "val_p5";

    [ComponentName(Name = "network")]
    private readonly AttentionXmlNetwork _network;

    private readonly Vocabulary _vocabulary;
    private readonly double _learningRate;
    private RankingMetrics _metrics = new();

    public AttentionXmlModule(Vocabulary vocabulary, NetworkSizes sizes, double learningRate)
        : base(nameof(AttentionXmlModule))
    {
        _vocabulary = vocabulary;
        _learningRate = learningRate;
        _network = new AttentionXmlNetwork(vocabulary.Words.Count, vocabulary.Labels.Count, sizes);
        RegisterComponents();
    }

    public override StateMap HyperParameters => new()
    {
        ["words"] = _vocabulary.Words.Count,
        ["labels"] = _vocabulary.Labels.Count,
        ["vocabulary"] = _vocabulary.Fingerprint,
    };

    /// <summary>Scores every label for every document; see <see cref="AttentionXmlNetwork.forward"/>.</summary>
    public Tensor Score(Tensor words) => _network.call(words);

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), _learningRate);

    public override Tensor TrainingStep(TextBatch batch, int batchIndex)
    {
        var logits = Score(batch.Words);
        var targets = zeros_like(logits).flatten().index_fill_(0, batch.TargetPlaces, 1).view_as(logits);
        var loss = nn.functional.binary_cross_entropy_with_logits(logits, targets);
        Log("train_loss", loss, weight: batch.Count);
        return loss;
    }

    public override void OnValidationStart(OnValidationStartArguments arguments) => _metrics = new RankingMetrics();

    public override void ValidationStep(TextBatch batch, int batchIndex)
    {
        var depth = Math.Min(RankingMetrics.Depth, _vocabulary.Labels.Count);
        var (_, indices) = Score(batch.Words).topk(depth);
        Span<int> ranked = Array.ConvertAll(indices.data<long>().ToArray(), label => (int)label);
        for (var row = 0; row < batch.Count; row++)
        {
            var document = batch.Documents.Span[row];
            _metrics.Add(ranked.Slice(row * depth, depth), batch.Corpus.Labels[document], batch.Corpus.TrueLabels(document));
        }
    }

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments)
    {
        var scores = _metrics.Result();
        Log(P1, scores.PrecisionAt1, progressBar: true);
        Log(P3, scores.PrecisionAt3);
        Log(P5, scores.PrecisionAt5);
        Log(Ndcg5, scores.NdcgAt5, progressBar: true);
    }

    /// <exception cref="InputException">The checkpoint has another numbering of words or labels, so its weights do not match.</exception>
    public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments)
    {
        if (arguments.State.Find("hyper_parameters.vocabulary") is { } saved && saved.AsText() != _vocabulary.Fingerprint)
        {
            throw new InputException(
                "The checkpoint was made with other data, or with other limits of words and labels. "
                    + "Go on with the data and options it was made with.");
        }
    }
}
