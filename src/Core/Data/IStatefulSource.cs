using Fulgurite.State;

namespace Fulgurite.Data;

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
