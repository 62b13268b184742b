using Fulgurite.Callbacks;

namespace Fulgurite;

/// <summary>What an evaluation does at its moments: which hooks it calls, which step it runs, which limit it keeps.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal abstract class EvaluationStage<TBatch>
{
    /// <summary>The name of the data in messages, e.g. <c>validation</c>.</summary>
    public abstract string Data { get; }

    /// <summary>Whether data without batches is an error.</summary>
    public virtual bool NeedsBatches => true;

    /// <summary>The limit of the batches and the option that sets it.</summary>
    public abstract (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options);

    public abstract void Start();

    public abstract void EpochStart();

    /// <summary>Runs the step of a batch that is on the device, with the hooks around it.</summary>
    public abstract void Run(TBatch batch, int index);

    /// <summary>The data is used up; metrics are not reduced.</summary>
    public abstract void EpochEnd();

    /// <summary>Metrics are reduced.</summary>
    public abstract void End();
}

/// <summary>A validation, alone or within a fit.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal sealed class ValidationStage<TBatch>(Trainer trainer, TrainingModule<TBatch> module) : EvaluationStage<TBatch>
{
    private readonly HookDispatcher _hooks = trainer.Run.Hooks;

    public override string Data => "validation";

    public override (BatchLimit? Limit, string Option) LimitOf(TrainerOptions options) =>
        (options.LimitValidationBatches, options.OverfitBatches is null ? nameof(TrainerOptions.LimitValidationBatches) : nameof(TrainerOptions.OverfitBatches));

    public override void Start() => _hooks.Call(new OnValidationStartArguments(trainer, module));

    public override void EpochStart() => _hooks.Call(new OnValidationEpochStartArguments(trainer, module));

    public override void Run(TBatch batch, int index)
    {
        object boxed = batch!;
        trainer.Metrics.BatchSize.Begin(boxed);
        _hooks.Call(new OnValidationBatchStartArguments(trainer, module, boxed, index));
        module.ValidationStep(batch, index);
        _hooks.Call(new OnValidationBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnValidationEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnValidationEndArguments(trainer, module));
}

/// <summary>A test.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
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
        module.TestStep(batch, index);
        _hooks.Call(new OnTestBatchEndArguments(trainer, module, boxed, index));
    }

    public override void EpochEnd() => _hooks.Call(new OnTestEpochEndArguments(trainer, module));

    public override void End() => _hooks.Call(new OnTestEndArguments(trainer, module));
}
