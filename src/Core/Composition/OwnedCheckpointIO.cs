using Fulgurite.State;

namespace Fulgurite.Composition;

/// <summary>
/// The chain of a trainer as its container holds it. A container disposes what it made, and a strategy what it was handed; this keeps the
/// two from disposing the chain twice: handed over, it belongs to the strategy alone.
/// </summary>
internal sealed class OwnedCheckpointIO(CheckpointIO chain) : WrappingCheckpointIO(chain), IDisposable
{
    private int _given;

    /// <summary>Gives the chain, which is <see cref="WrappingCheckpointIO.Inner"/>, to another owner.</summary>
    public void HandOver() => Interlocked.Exchange(ref _given, 1);

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options) => Inner.Submit(checkpoint, path, options);

    // A decorator around this one flushes before each of its disposals, the second one too.
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _given) == 0 ? Inner.FlushAsync(cancellationToken) : Task.CompletedTask;

#pragma warning disable CA2215 // The base would dispose the chain each time; once is the point here.
    public override ValueTask DisposeAsync() => Interlocked.Exchange(ref _given, 1) == 0 ? Inner.DisposeAsync() : ValueTask.CompletedTask;
#pragma warning restore CA2215

    // A container that is disposed synchronously refuses what can only be disposed asynchronously.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
