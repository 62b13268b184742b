using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Metrics;
using AttentionXml.Tree;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.State;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AttentionXml.Model;

/// <summary>Trains <see cref="AttentionXmlNetwork"/> and measures its rankings of labels.</summary>
internal sealed class AttentionXmlModule : TrainingModule<TextBatch>
{
    /// <summary>The metric names of a validation.</summary>
    public const string Ndcg5 = "val_ndcg5", P1 = "val_p1", P3 = "val_p3", P5 = "val_p5";

    /// <summary>The metric names of a validation with propensities.</summary>
    public const string Psp1 = "val_psp1", Psp3 = "val_psp3", Psp5 = "val_psp5";

    // In the order of the metrics.
    private static readonly string[] MetricNames = [P1, P3, P5, Ndcg5, Psp1, Psp3, Psp5];

    [ComponentName(Name = "network")]
    private readonly AttentionXmlNetwork _network;

    private readonly Vocabulary _vocabulary;
    private readonly double _learningRate;
    private readonly double _parentWeight;
    private readonly TreeLevel _level;
    private readonly string _tree;
    private readonly RankingMetrics _metrics;

    /// <summary>Initializes a flat model.</summary>
    /// <param name="vocabulary">The words and labels.</param>
    /// <param name="sizes">The other sizes.</param>
    /// <param name="learningRate">The learning rate of Adam.</param>
    public AttentionXmlModule(Vocabulary vocabulary, NetworkSizes sizes, double learningRate)
        : this(vocabulary, sizes, learningRate, LabelTree.Flat(vocabulary.Labels.Count), 0)
    {
    }

    /// <summary>Initializes the model of one level of a label tree.</summary>
    /// <param name="vocabulary">The words and labels.</param>
    /// <param name="sizes">The other sizes.</param>
    /// <param name="learningRate">The learning rate of Adam.</param>
    /// <param name="tree">The label tree.</param>
    /// <param name="level">The index of the level.</param>
    /// <param name="propensities">The propensities of the labels; null for no PSP@k.</param>
    public AttentionXmlModule(
        Vocabulary vocabulary, NetworkSizes sizes, double learningRate, LabelTree tree, int level, double[]? propensities = null)
        : base(nameof(AttentionXmlModule))
    {
        _vocabulary = vocabulary;
        _learningRate = learningRate;
        _parentWeight = sizes.ParentWeight;
        _level = tree.Levels[level];
        _tree = tree.Fingerprint;
        _metrics = new RankingMetrics(_level.IsLast ? propensities : null);
        _network = new AttentionXmlNetwork(vocabulary.Words.Count, _level.Count, sizes);
        RegisterComponents();
        foreach (var (name, metric) in MetricNames.Zip(_metrics.Metrics))
        {
            RegisterMetric(name, metric);
        }
    }

    public override StateMap HyperParameters
    {
        get
        {
            var map = new StateMap
            {
                ["words"] = _vocabulary.Words.Count,
                ["labels"] = _level.Count,
                ["vocabulary"] = _vocabulary.Fingerprint,
            };
            if (_tree.Length > 0)
            {
                map["tree"] = _tree;
            }

            return map;
        }
    }

    /// <summary>Starts with the weights of the level above. The attention of a node is that of its parent.</summary>
    public void StartFrom(AttentionXmlModule above)
    {
        using var parents = tensor(_level.Parents());
        _network.StartFrom(above._network, parents);
    }

    /// <summary>Starts with these word vectors.</summary>
    public void StartFrom(Tensor wordVectors) => _network.StartFrom(wordVectors);

    /// <summary>Scores every node of the level, or the candidates of the batch.</summary>
    /// <returns>Documents x nodes, or documents x candidates: log-odds.</returns>
    public Tensor Score(TextBatch batch) =>
        batch.Candidates is { } candidates ? _network.Score(batch.Words, candidates) : _network.call(batch.Words);

    /// <summary>Ranks the nodes of the level.</summary>
    /// <param name="batch">The documents.</param>
    /// <param name="depth">The number of nodes to return at most.</param>
    /// <returns>The nodes; their scores are logarithms of probabilities, along the path from the root.</returns>
    public NodeRanking Rank(TextBatch batch, int depth)
    {
        using var scope = NewDisposeScope();
        var logits = Score(batch);
        if (batch.Candidates is not { } candidates)
        {
            var (best, indices) = logits.topk(Math.Min(depth, _level.Count));
            return Create(indices, nn.functional.logsigmoid(best));
        }

        // Variables, because libtorch reads them after the call has converted its operands.
        using Scalar weight = _parentWeight, one = 1;
        var along = nn.functional.logsigmoid(logits).add(batch.CandidateScores!.mul(weight), alpha: one);
        var (scores, places) = along.topk((int)Math.Min(depth, candidates.shape[1]));
        return Create(candidates.gather(1, places), scores);

        static NodeRanking Create(Tensor nodes, Tensor scores) => new(
            (int)nodes.shape[1],
            Array.ConvertAll(nodes.cpu().data<long>().ToArray(), node => (int)node),
            scores.cpu().data<float>().ToArray());
    }

    // The gradients of the embedding, and of the attention to candidates, are sparse: rows that no document touched are not stepped.
    public override OptimizerSetup ConfigureOptimizers() => new FusedAdam(parameters(), _learningRate);

    public override Tensor TrainingStep(TextBatch batch, int batchIndex)
    {
        var logits = Score(batch);
        using Scalar one = 1;
        var targets = zeros_like(logits).flatten().index_fill_(0, batch.TargetPlaces, one).view_as(logits);
        var loss = batch.CandidateScores is { } scores
            ? PartialLoss(logits, targets, scores)
            : nn.functional.binary_cross_entropy_with_logits(logits, targets);
        Log("train_loss", loss, weight: batch.Count);
        return loss;
    }

    public override void ValidationStep(TextBatch batch, int batchIndex)
    {
        var ranking = Rank(batch, RankingMetrics.Depth);
        var nodes = new List<int>();
        for (var row = 0; row < batch.Count; row++)
        {
            var document = batch.Documents.Span[row];
            nodes.Clear();
            _level.AddNodes(batch.Corpus.Labels[document], nodes);
            var known = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(nodes);

            // Labels outside the vocabulary have no cluster.
            var trueNodes = _level.IsLast ? batch.Corpus.TrueLabels(document) : Math.Max(1, known.Length);
            _metrics.Add(ranking.Of(row).Nodes.Span, known, trueNodes);
        }
    }

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments)
    {
        // Computed over the documents of all processes.
        foreach (var (name, metric) in MetricNames.Zip(_metrics.Metrics))
        {
            Log(name, metric, progressBar: name is P1 or Ndcg5);
        }
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

        var tree = arguments.State.Find("hyper_parameters.tree")?.AsText() ?? string.Empty;
        if (tree != _tree)
        {
            throw new InputException(
                "The checkpoint was made with another label tree. Go on with the --levels, --cluster-size, "
                    + "--seed and data it was made with.");
        }
    }

    private static Tensor PartialLoss(Tensor logits, Tensor targets, Tensor scores)
    {
        var isCandidate = scores.isfinite().to_type(ScalarType.Float32);
        return nn.functional.binary_cross_entropy_with_logits(logits, targets, isCandidate, nn.Reduction.Sum) / isCandidate.sum();
    }
}
