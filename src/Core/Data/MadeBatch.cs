using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A batch that was made on some thread, and what it is made of. Dispose scopes belong to a thread: the tensors are in none until the thread
/// that uses the batch takes them into its own.
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

    /// <summary>What goes with the batch.</summary>
    public object? State { get; }

    /// <summary>Makes a batch; what was needed for it and is no part of it is disposed here.</summary>
    /// <param name="make">Makes it; gives false at the end of the data.</param>
    /// <param name="state">What goes with it; asked for after it was made.</param>
    /// <returns>Null at the end of the data.</returns>
    public static MadeBatch<TBatch>? Make(Made make, Func<object?>? state = null)
    {
        // Data needs no gradients, and the gradient mode is the thread's too: with and without workers a batch is the same.
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        if (!make(out var batch))
        {
            return null;
        }

        var made = scope.DisposablesView;
        var parts = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        var owned = BatchTensors.TryCollect(batch, parts) ? made.Where(disposable => disposable is Tensor tensor && parts.Contains(tensor)).ToList() : [.. made];
        var result = new MadeBatch<TBatch>(batch, owned, state?.Invoke());
        scope.Detach(owned);
        return result;
    }

    /// <summary>Hands the tensors to the innermost dispose scope of the calling thread; without one, to the caller.</summary>
    public TBatch Take()
    {
        CurrentDisposeScope?.Attach(_owned);
        _owned.Clear();
        return Batch;
    }

    /// <summary>Disposes a batch that nobody takes.</summary>
    public void Dispose()
    {
        _owned.ForEach(disposable => disposable.Dispose());
        _owned.Clear();
    }

    /// <summary>Makes a batch.</summary>
    public delegate bool Made(out TBatch batch);
}
