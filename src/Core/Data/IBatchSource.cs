namespace Fulgurite.Data;

/// <summary>
/// Training data that knows its order: the batches of an epoch depend on the number of the epoch alone, and a resumed run gets to its
/// position without going through what it skips.
/// </summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
public interface IBatchSource<out TBatch> : IEnumerable<TBatch>
{
    /// <summary>How many batches an epoch has; null where that is not known.</summary>
    int? BatchCount { get; }

    /// <summary>The batches of an epoch. The trainer disposes the tensors that are made while it asks for the next one.</summary>
    /// <param name="epoch">The number of the epoch, from zero; a source that shuffles derives its seed from it.</param>
    /// <param name="skip">How many batches to leave out at the start.</param>
    IEnumerable<TBatch> GetBatches(int epoch, int skip);
}
