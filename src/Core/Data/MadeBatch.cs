using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A batch created on any thread, with its tensors. Dispose scopes belong to a thread: the tensors are in none until the thread that
/// consumes the batch adds them to its own.
/// </summary>
internal sealed class MadeBatch<TBatch> : IDisposable
{
    private readonly List<IDisposable> _owned;

    private MadeBatch(TBatch batch, List<IDisposable> owned, object? state)
    {
        Batch = batch;
        _owned = owned;
        State = state;
    }

    public TBatch Batch { get; }

    /// <summary>Gets the state that belongs to the batch.</summary>
    public object? State { get; }

    /// <summary>Creates a batch. Intermediate tensors that are not part of it are disposed.</summary>
    /// <param name="make">Creates the batch, or returns false at the end of the data.</param>
    /// <param name="state">Returns the state of the batch; called after it was created.</param>
    /// <returns>The batch; null at the end of the data.</returns>
    public static MadeBatch<TBatch>? Make(Made make, Func<object?>? state = null)
    {
        // Data needs no gradients, and gradient mode is per thread: batches must not depend on the use of workers.
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        if (!make(out var batch))
        {
            return null;
        }

        var made = scope.DisposablesView;
        var parts = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var owned = BatchTensors.TryCollect(batch, parts)
            ? made.Where(disposable => disposable is Tensor tensor && parts.Contains(tensor)).ToList()
            : [.. made];
        var result = new MadeBatch<TBatch>(batch, owned, state?.Invoke());
        scope.Detach(owned);
        return result;
    }

    /// <summary>Moves the tensors to the current dispose scope of the calling thread, or to the caller if there is none.</summary>
    public TBatch Take()
    {
        CurrentDisposeScope?.Attach(_owned);
        _owned.Clear();
        return Batch;
    }

    /// <summary>Disposes a batch that is not consumed.</summary>
    public void Dispose()
    {
        _owned.ForEach(disposable => disposable.Dispose());
        _owned.Clear();
    }

    /// <summary>Creates a batch.</summary>
    public delegate bool Made(out TBatch batch);
}
