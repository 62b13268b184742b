using static TorchSharp.torch;

namespace Fulgurite.Bench.Training;

/// <summary>The work as a module of a trainer.</summary>
internal sealed class WorkModule<TBatch> : TrainingModule<TBatch>
{
    private readonly TrainingWork<TBatch> _work;
    private readonly nn.Module<Tensor, Tensor> _network;
    private readonly bool _isFused;

    /// <param name="work">The work.</param>
    /// <param name="isFused">Whether to step by Fulgurite's optimizer.</param>
    public WorkModule(TrainingWork<TBatch> work, bool isFused)
        : base(nameof(WorkModule<>))
    {
        (_work, _isFused, _network) = (work, isFused, work.CreateNetwork());
        RegisterComponents();
    }

    public override OptimizerSetup ConfigureOptimizers() => _work.CreateOptimizer(_network, _isFused);

    public override Tensor TrainingStep(TBatch batch, int batchIndex)
    {
        var loss = _work.Loss(_network, batch);
        Log("train_loss", loss, progressBar: true);
        return loss;
    }

    public override void ValidationStep(TBatch batch, int batchIndex) => Log("val_loss", _work.Loss(_network, batch));
}
