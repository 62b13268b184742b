namespace Fulgurite.Callbacks.Last;

/// <summary>Where a run is, as far as its state depends on it.</summary>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Epoch">Epochs completed.</param>
/// <param name="Batch">Batches of the epoch that were used; some of them may wait for their step.</param>
internal readonly record struct RunPosition(long GlobalStep, int Epoch, int Batch)
{
    public static RunPosition Of(Trainer trainer) => new(trainer.GlobalStep, trainer.CurrentEpoch, trainer.CurrentBatch);

    /// <summary>Whether nothing was trained in between: the end of an epoch moves the position and changes no parameter.</summary>
    public bool IsSameStateAs(RunPosition other) => GlobalStep == other.GlobalStep && (Epoch != other.Epoch || Batch == other.Batch);
}
