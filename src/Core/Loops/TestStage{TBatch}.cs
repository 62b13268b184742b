using Fulgurite.Callbacks;

namespace Fulgurite.Loops;

/// <summary>A test.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class TestStage<TBatch>(Trainer trainer, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitTestBatches, nameof(TrainerOptions.LimitTestBatches));

    public override void Start() => _hooks.Call(new OnTestStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnTestEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        _hooks.Call(new OnTestBatchStartArguments(trainer, module, boxed, index));
        module.TestStep(batch, index);
        _hooks.Call(new OnTestBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnTestEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnTestEndArguments(trainer, module));
}
