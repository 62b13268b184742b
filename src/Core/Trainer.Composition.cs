using Fulgurite.Composition;

namespace Fulgurite;

/// <content>How a trainer was composed, and what it owns.</content>
public sealed partial class Trainer
{
    private IAsyncDisposable? _owned;

    /// <summary>Says what the trainer is made of: to check a composition without running it.</summary>
    public TrainerDescription Describe() => TrainerDescription.Of(this, _loggers);

    /// <summary>
    /// Disposes the parts that were made for this trainer by <c>Trainer.Create</c>: saves that still wait are written first. What was given
    /// to the constructor, or belongs to a container, is left alone. Calling it again does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _owned, null) is { } owned)
        {
            await owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    internal void Own(IAsyncDisposable owned) => _owned = owned;
}
