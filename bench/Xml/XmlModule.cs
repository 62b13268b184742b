using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Xml;

/// <summary>Documents with candidate labels.</summary>
/// <param name="Words">Int64, documents x words.</param>
/// <param name="Candidates">Int64: the labels that are scored, the same for all documents.</param>
/// <param name="Targets">Documents x candidates, 0 or 1.</param>
internal sealed record XmlBatch(Tensor Words, Tensor Candidates, Tensor Targets);

/// <summary>
/// The network of AttentionXML at its published widths, with partial label attention. Its metric is better at every validation: the most
/// that best and last can have to save.
/// </summary>
internal sealed class XmlModule : TrainingModule<XmlBatch>
{
    public const string Score = "val_score";

    private readonly Embedding _embedding, _attention;
    private readonly LSTM _lstm;
    private readonly Linear _mlp, _mlp2, _output;
    private readonly bool _isFused;

    /// <param name="shape">The size.</param>
    /// <param name="isFused">True for the fused optimizer.</param>
    /// <param name="isSparse">True for sparse gradients of the embedding and the attention.</param>
    public XmlModule(XmlShape shape, bool isFused, bool isSparse)
        : base(nameof(XmlModule))
    {
        _isFused = isFused;
        _embedding = nn.Embedding(shape.Words, XmlShape.Embedding, sparse: isSparse);
        _lstm = nn.LSTM(XmlShape.Embedding, XmlShape.Hidden, batchFirst: true, bidirectional: true);
        _attention = nn.Embedding(shape.Labels, 2 * XmlShape.Hidden, sparse: isSparse);
        nn.init.xavier_uniform_(_attention.weight);
        _mlp = nn.Linear(2 * XmlShape.Hidden, XmlShape.Mlp);
        _mlp2 = nn.Linear(XmlShape.Mlp, XmlShape.Mlp2);
        _output = nn.Linear(XmlShape.Mlp2, 1);
        RegisterComponents();
    }

    /// <summary>How many validation batches there were.</summary>
    public int Validations { get; private set; }

    public override OptimizerSetup ConfigureOptimizers() => _isFused ? new FusedAdam(parameters(), 1e-4) : optim.Adam(parameters(), 1e-4);

    public override Tensor TrainingStep(XmlBatch batch, int batchIndex)
    {
        var (states, _, _) = _lstm.call(_embedding.call(batch.Words));
        var weights = _attention.call(batch.Candidates).matmul(states.transpose(1, 2)).softmax(-1);
        var hidden = nn.functional.relu(_mlp2.call(nn.functional.relu(weights.matmul(_mlp.call(states)))));
        return nn.functional.binary_cross_entropy_with_logits(_output.call(hidden).squeeze(-1), batch.Targets);
    }

    public override void ValidationStep(XmlBatch batch, int batchIndex) => Log(Score, ++Validations);
}
