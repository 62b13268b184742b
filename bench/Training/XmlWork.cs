using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Data.Generated;
using AttentionXml.Model;
using AttentionXml.Run;
using AttentionXml.Tree;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Training;

/// <summary>
/// The flat network of the AttentionXml sample on generated documents, at the sizes and the batch size of the sample, with dense gradients:
/// the optimizer of TorchSharp takes no others.
/// </summary>
internal sealed class XmlWork : TrainingWork<TextBatch>
{
    private readonly RunOptions _options = new();
    private readonly TextDataset _data;

    /// <param name="directory">The folder for the generated documents, which does not exist.</param>
    /// <param name="batches">The number of batches in an epoch at most.</param>
    public XmlWork(string directory, int batches)
    {
        GeneratedDataset.Prepare(directory, DataShape.Of(DataShape.Small), _ => { });
        _data = TextDataset.Read(CorpusDirectory.Open(directory), _options.Format, _options.Limits, _options.BatchSize);
        var level = TreeLevel.Flat(_data.Vocabulary.Labels.Count);
        Batches = new FirstBatches<TextBatch>(new TrainingBatches(_data.Train, level, _options.BatchSize, _options.Seed), batches);
        ValidationBatches = new EvaluationBatches(_data.Validation, level, _options.BatchSize);
    }

    public override IBatchSource<TextBatch> Batches { get; }

    public override IEnumerable<TextBatch> ValidationBatches { get; }

    public override nn.Module<Tensor, Tensor> CreateNetwork() =>
        new AttentionXmlNetwork(_data.Vocabulary.Words.Count, _data.Vocabulary.Labels.Count, _options.Sizes, sparse: false);

    public override optim.Optimizer CreateOptimizer(nn.Module network, bool isFused) => isFused
        ? new FusedAdam(network.parameters(), _options.LearningRate)
        : optim.Adam(network.parameters(), _options.LearningRate);

    public override Tensor Loss(nn.Module<Tensor, Tensor> network, TextBatch batch)
    {
        var scores = network.call(batch.Words);
        using TorchSharp.Scalar one = 1;
        var targets = zeros_like(scores).flatten().index_fill_(0, batch.TargetPlaces, one).view_as(scores);
        return nn.functional.binary_cross_entropy_with_logits(scores, targets);
    }
}
