namespace Fulgurite.Loops;

/// <summary>A test.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class TestStage<TBatch>(RunHooks hooks, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitTestBatches, nameof(TrainerOptions.LimitTestBatches));

    public override void Start() => hooks.Test.Start();

    public override void EpochStart() => hooks.Test.EpochStart();

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        hooks.Test.BatchStart(boxed, index);
        module.TestStep(batch, index);
        hooks.Test.BatchEnd(boxed, index);
    }

    public override void EpochEnd() => hooks.Test.EpochEnd();

    public override void End() => hooks.Test.End();
}
