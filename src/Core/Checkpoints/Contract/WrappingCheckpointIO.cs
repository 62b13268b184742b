using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// A <see cref="CheckpointIO"/> that decorates another one. It forwards everything, so that a derived class overrides only what it
/// changes and hides nothing of what it wraps; what is built on loading (positions, verifying) goes through its own loading.
/// </summary>
/// <remarks>
/// A wrapper that changes what is saved overrides <see cref="SaveCheckpointAsync"/> only, and passes the <see cref="SaveContext"/> to the inner
/// implementation: <see cref="CheckpointIO.Submit"/> then returns as soon as an asynchronous one further in has captured the state. Disposing
/// disposes the inner one.
/// </remarks>
public abstract class WrappingCheckpointIO : CheckpointIO
{
    /// <summary>Wraps an implementation.</summary>
    /// <param name="inner">The implementation; owned by this one from now on.</param>
    protected WrappingCheckpointIO(CheckpointIO inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <summary>What is wrapped.</summary>
    public CheckpointIO Inner { get; }

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);

    /// <inheritdoc/>
    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Inner.LoadCheckpointAsync(path, options, cancellationToken);

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
        Inner.RemoveCheckpointAsync(path, cancellationToken);

    /// <inheritdoc/>
    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Inner.ExistsAsync(path, cancellationToken);

    /// <inheritdoc/>
    public override string FileExtension => Inner.FileExtension;

    /// <inheritdoc/>
    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken) =>
        Inner.ListFilesAsync(directory, cancellationToken);

    /// <inheritdoc/>
    public override Task ProbeAsync(string directory, CancellationToken cancellationToken) => Inner.ProbeAsync(directory, cancellationToken);

    /// <inheritdoc/>
    public override Task<IDisposable?> TryClaimAsync(string path, bool mayBeThere, CancellationToken cancellationToken) =>
        Inner.TryClaimAsync(path, mayBeThere, cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void BeforeParametersChange() => Inner.BeforeParametersChange();

    /// <inheritdoc/>
    public override T? GetCapability<T>()
        where T : class => this as T ?? Inner.GetCapability<T>();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        await Inner.DisposeAsync().ConfigureAwait(false);
    }
}
