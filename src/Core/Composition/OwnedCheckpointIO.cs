using Fulgurite.State;

namespace Fulgurite.Composition;

/// <summary>
/// The chain of a trainer as registered in its container. A container disposes what it created, and a strategy disposes its
/// <see cref="CheckpointIO"/>. This wrapper prevents disposing the chain twice: after the handover, only the strategy owns it.
/// </summary>
internal sealed class OwnedCheckpointIO(CheckpointIO chain) : WrappingCheckpointIO(chain), IDisposable
{
    private int _given;

    /// <summary>Transfers ownership of the chain, which is <see cref="WrappingCheckpointIO.Inner"/>.</summary>
    public void HandOver() => Interlocked.Exchange(ref _given, 1);

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options) => Inner.Submit(checkpoint, path, options);

    // An outer decorator flushes before each of its disposals, including the second one.
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _given) == 0 ? Inner.FlushAsync(cancellationToken) : Task.CompletedTask;

#pragma warning disable CA2215 // The base would dispose the chain each time; once is the point here.
    public override ValueTask DisposeAsync() => Interlocked.Exchange(ref _given, 1) == 0 ? Inner.DisposeAsync() : ValueTask.CompletedTask;
#pragma warning restore CA2215

    // A container that is disposed synchronously rejects services that implement only IAsyncDisposable.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
