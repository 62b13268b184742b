using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// Training data with random access by epoch: the batches of an epoch depend only on the epoch, and a resumed run reaches its position
/// without reading the batches that it skips.
/// </summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
public interface IBatchSource<out TBatch> : IEnumerable<TBatch>
{
    /// <summary>Gets the number of batches in an epoch; null if it is unknown.</summary>
    int? BatchCount { get; }

    /// <summary>Returns the batches of an epoch. The trainer disposes tensors that are created while it requests the next batch.</summary>
    /// <param name="epoch">The zero-based epoch, from which a shuffling source derives its seed.</param>
    /// <param name="skip">The number of batches to skip at the start.</param>
    IEnumerable<TBatch> GetBatches(int epoch, int skip);

    /// <summary>
    /// Returns the part of one of several processes that train together. The parts have the same number of batches, and the batches with
    /// one number form the batch with that number of this source.
    /// </summary>
    /// <param name="part">The part.</param>
    /// <returns>The part; null, the default, if this source has none, so that each process uses all of it.</returns>
    /// <exception cref="ArgumentException">There are too few items for the number of processes.</exception>
    IBatchSource<TBatch>? Share(BatchPart part) => null;

    /// <summary>
    /// Returns the weight of the loss of a batch, so that the mean over all processes is that over all items: the number of its items as a
    /// multiple of the mean number in all processes.
    /// </summary>
    /// <param name="batch">The zero-based number of the batch in its epoch.</param>
    /// <value>Default: 1.</value>
    double WeightOf(int batch) => 1;
}

/// <summary>The part of a source of batches that one of several processes uses.</summary>
/// <param name="Rank">The number of the process, from zero.</param>
/// <param name="WorldSize">The number of processes.</param>
/// <param name="Evaluates">
/// Whether the part is for an evaluation. It then lacks a batch that has fewer items than there are processes where no item is left; in
/// training, that process repeats an item with the weight 0 instead, since all processes step together.
/// </param>
public readonly record struct BatchPart(int Rank, int WorldSize, bool Evaluates);

/// <summary>
/// Training data with its own state, such as a stream position. The state is saved in every checkpoint, and a resumed run restores it
/// before it requests batches.
/// </summary>
/// <remarks>
/// <para>A source that also implements <see cref="IBatchSource{TBatch}"/> still receives the epoch and the number of batches to skip. Any
/// other source is enumerated from the position in its state, and nothing is skipped.</para>
/// <para>Called on the training thread, between two batches. The state must be the one after the last batch that the trainer received: a
/// prefetching source returns the position of that batch, not of the last prefetched one.</para>
/// </remarks>
public interface IStatefulSource
{
    /// <summary>Returns the state for a checkpoint.</summary>
    StateMap StateDict();

    /// <summary>Restores a state that <see cref="StateDict"/> returned. The next enumeration starts there.</summary>
    /// <param name="state">The state from a checkpoint.</param>
    void LoadStateDict(StateMap state);
}
