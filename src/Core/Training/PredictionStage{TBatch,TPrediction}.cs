using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The prediction stage. Predictions to be kept are copied to CPU memory and outlive the dispose scopes of the run.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
/// <typeparam name="TPrediction">The type of the prediction for a batch.</typeparam>
internal sealed class PredictionStage<TBatch, TPrediction>(Trainer trainer, TrainingModule<TBatch, TPrediction> module, bool keep)
    : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;
    private readonly List<Tensor> _tensors = [];

    /// <summary>Gets the predictions, in batch order.</summary>
    public List<TPrediction> Predictions { get; } = [];

    public override string Data => "prediction";

    /// <summary>Empty data returns no predictions, because callers may filter it.</summary>
    public override bool NeedsBatches => false;

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitPredictBatches, nameof(TrainerOptions.LimitPredictBatches));

    public override void Start() => _hooks.Call(new OnPredictStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnPredictEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        trainer.Metrics.BatchSize.Begin(boxed);
        _hooks.Call(new OnPredictBatchStartArguments(trainer, module, boxed, index));
        TPrediction prediction;
        using (Autocast.For(trainer.Strategy))
        {
            prediction = module.PredictStep(batch, index);
        }

        _hooks.Call(new OnPredictBatchEndArguments(trainer, module, boxed, index, prediction));
        if (keep)
        {
            Predictions.Add(BatchTransfer.Map(prediction, CPU, null, Keep));
        }
    }

    public override void EpochEnd() => _hooks.Call(new OnPredictEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnPredictEndArguments(trainer, module));

    /// <summary>Disposes predictions that will not be returned.</summary>
    public void Abandon()
    {
        foreach (var tensor in _tensors)
        {
            tensor.Dispose();
        }
    }

    private Tensor Keep(Tensor tensor)
    {
        // Copies even CPU tensors: a step may return a view of the batch, or the same tensor every time.
        var kept = tensor.detach().to(CPU, copy: true).DetachFromDisposeScope();
        _tensors.Add(kept);
        return kept;
    }
}
