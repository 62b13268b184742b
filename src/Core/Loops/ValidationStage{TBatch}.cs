using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>A validation, alone or within a fit.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class ValidationStage<TBatch>(Trainer trainer, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitValidationBatches, options.OverfitBatches is null ? nameof(TrainerOptions.LimitValidationBatches) : nameof(TrainerOptions.OverfitBatches));

    public override void Start() => _hooks.Call(new OnValidationStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnValidationEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        _hooks.Call(new OnValidationBatchStartArguments(trainer, module, boxed, index));
        module.ValidationStep(batch, index);
        _hooks.Call(new OnValidationBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnValidationEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnValidationEndArguments(trainer, module));
}
