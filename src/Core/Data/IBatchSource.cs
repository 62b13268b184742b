using Fulgurite.State;

namespace Fulgurite;

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

/// <summary>
/// Training data with a state of its own, such as a stream with a place in it: the state goes into every checkpoint, and a resumed run gives
/// it back before it asks for batches.
/// </summary>
/// <remarks>
/// <para>A source that is an <see cref="IBatchSource{TBatch}"/> too is still asked for its batches with the number of the epoch and of the
/// batches to skip; one that is not is enumerated from where its state says, and nothing is skipped.</para>
/// <para>Called on the thread of the run, between two batches. The state is that after the batches which the trainer was given: one that reads
/// ahead says where the last given batch ends, not how far it has read.</para>
/// </remarks>
public interface IStatefulSource
{
    /// <summary>What a checkpoint keeps.</summary>
    StateMap StateDict();

    /// <summary>Goes on from a state that <see cref="StateDict"/> gave; the next enumeration starts there.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    void LoadStateDict(StateMap state);
}
