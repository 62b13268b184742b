namespace Fulgurite.Loops;

/// <summary>A validation, alone or within a fit.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class ValidationStage<TBatch>(RunHooks hooks, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitValidationBatches, options.OverfitBatches is null ? nameof(TrainerOptions.LimitValidationBatches) : nameof(TrainerOptions.OverfitBatches));

    public override void Start() => hooks.Validation.Start();

    public override void EpochStart() => hooks.Validation.EpochStart();

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        hooks.Validation.BatchStart(boxed, index);
        module.ValidationStep(batch, index);
        hooks.Validation.BatchEnd(boxed, index);
    }

    public override void EpochEnd() => hooks.Validation.EpochEnd();

    public override void End() => hooks.Validation.End();
}
