namespace Fulgurite.Loops;

/// <summary>A test.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class TestStage<TBatch>(RunHooks hooks, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitTestBatches, nameof(TrainerOptions.LimitTestBatches));

    public override void Start() => hooks.TestStart();

    public override void EpochStart() => hooks.TestEpochStart();

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        hooks.TestBatchStart(boxed, index);
        module.TestStep(batch, index);
        hooks.TestBatchEnd(boxed, index);
    }

    public override void EpochEnd() => hooks.TestEpochEnd();

    public override void End() => hooks.TestEnd();
}
