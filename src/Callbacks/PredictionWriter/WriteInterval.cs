namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="PredictionWriter"/> writes.</summary>
public enum WriteInterval
{
    /// <summary>After every batch; predictions are not kept.</summary>
    Batch,

    /// <summary>After all batches; predictions are kept in host memory until then.</summary>
    Epoch,

    /// <summary>After every batch and after all.</summary>
    BatchAndEpoch,
}
