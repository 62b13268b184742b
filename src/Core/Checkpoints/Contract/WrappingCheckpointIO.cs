using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The base class of <see cref="CheckpointIO"/> decorators. It forwards all members, so that a derived class overrides only what it changes
/// and keeps all capabilities of the wrapped instance. Operations based on loading (positions, verification) use its own load method.
/// </summary>
/// <remarks>
/// A wrapper that changes what is saved overrides <see cref="SaveCheckpointAsync"/> only, and passes the <see cref="SaveContext"/> to the
/// inner implementation: <see cref="CheckpointIO.Submit"/> then returns as soon as an asynchronous one further in has captured the state.
/// Disposing disposes the inner one.
/// </remarks>
public abstract class WrappingCheckpointIO : CheckpointIO
{
    /// <summary>Initializes a wrapper.</summary>
    /// <param name="inner">The wrapped instance, owned by the wrapper from now on.</param>
    protected WrappingCheckpointIO(CheckpointIO inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <summary>Gets the wrapped instance.</summary>
    public CheckpointIO Inner { get; }

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
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
    public override Task ProbeAsync(string directory, CancellationToken cancellationToken) =>
        Inner.ProbeAsync(directory, cancellationToken);

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
