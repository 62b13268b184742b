namespace Fulgurite.Loops;

/// <summary>What an evaluation does at its moments: which hooks it calls, which step it runs, which limit it keeps.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
internal abstract class EvaluationStage<TBatch>
{
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
