namespace Fulgurite.Jobs;

/// <summary>What a training job trains on. Registered as a service; made once a job, in a scope of its own.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
public interface ITrainingData<out TBatch>
{
    /// <summary>The batches of an epoch, enumerated anew for each.</summary>
    IEnumerable<TBatch> Train { get; }

    /// <summary>The batches of a validation; null for no validation. Default: null.</summary>
    IEnumerable<TBatch>? Validation => null;
}
