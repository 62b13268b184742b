
namespace Fulgurite;

/// <summary>The stage-specific parts of an evaluation: its hooks, its step and its limit.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal abstract class EvaluationStage<TBatch>
{
    /// <summary>Gets the name of the data in messages, e.g. <c>validation</c>.</summary>
    public abstract string Data { get; }

    /// <summary>Gets whether data without batches is an error.</summary>
    public virtual bool NeedsBatches => true;

    /// <summary>Returns the batch limit and the name of its option.</summary>
    public abstract (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options);

    public abstract void Start();

    public abstract void EpochStart();

    /// <summary>Runs the step for a batch on the device, with its hooks.</summary>
    public abstract void Run(TBatch batch, int index);

    /// <summary>Called after the last batch, before metrics are reduced.</summary>
    public abstract void EpochEnd();

    /// <summary>Called after metrics are reduced.</summary>
    public abstract void End();
}

/// <summary>A validation, standalone or within a fit.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class ValidationStage<TBatch>(Trainer trainer, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;

    public override string Data => "validation";

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (
            options.LimitValidationBatches,
            options.OverfitBatches is null ? nameof(TrainerOptions.LimitValidationBatches) : nameof(TrainerOptions.OverfitBatches));

    public override void Start() => _hooks.Call(new OnValidationStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnValidationEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        trainer.Metrics.BatchSize.Begin(boxed);
        _hooks.Call(new OnValidationBatchStartArguments(trainer, module, boxed, index));
        using (Autocast.For(trainer.Strategy))
        {
            module.ValidationStep(batch, index);
        }

        _hooks.Call(new OnValidationBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnValidationEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnValidationEndArguments(trainer, module));
}

/// <summary>A test.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal sealed class TestStage<TBatch>(Trainer trainer, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;

    public override string Data => "test";

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitTestBatches, nameof(TrainerOptions.LimitTestBatches));

    public override void Start() => _hooks.Call(new OnTestStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnTestEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        trainer.Metrics.BatchSize.Begin(boxed);
        _hooks.Call(new OnTestBatchStartArguments(trainer, module, boxed, index));
        using (Autocast.For(trainer.Strategy))
        {
            module.TestStep(batch, index);
        }

        _hooks.Call(new OnTestBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnTestEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnTestEndArguments(trainer, module));
}
