using Fulgurite.State;

namespace Fulgurite.Composition;

/// <summary>
/// Builds the chain of <see cref="CheckpointIO"/> of a trainer from its registrations: the base, then each wrapper around it.
/// </summary>
internal sealed class CheckpointIOChain(
    IServiceProvider services, string trainer, IReadOnlyList<CheckpointIOLayer> layers, Func<IServiceProvider, CheckpointIO> createDefault)
{
    private bool _isBuilding;

    /// <summary>Builds the chain and returns its outermost layer, which owns the others.</summary>
    public CheckpointIO Build()
    {
        // The container calls this one at a time, so that a second call means that a layer resolves the chain it belongs to.
        if (_isBuilding)
        {
            throw Circle(null);
        }

        _isBuilding = true;
        CheckpointIO? outermost = null;
        try
        {
            outermost = layers.FirstOrDefault(layer => !layer.IsWrapper)?.Make(services, null) ?? createDefault(services);
            foreach (var wrapper in layers.Where(layer => layer.IsWrapper))
            {
                var inner = outermost;
                var layer = wrapper.Make(services, inner);
                RefuseStray(layer, inner);
                outermost = layer;
                RefuseRepetition(layer, inner);
            }

            return outermost;
        }
        catch (Exception exception)
        {
            outermost?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (exception is InvalidOperationException invalid && IsCircle(invalid))
            {
                throw Circle(invalid);
            }

            throw;
        }
        finally
        {
            _isBuilding = false;
        }
    }

    private void RefuseStray(CheckpointIO layer, CheckpointIO inner)
    {
        if (layer is not WrappingCheckpointIO wrapping || !ReferenceEquals(wrapping.Inner, inner))
        {
            throw new InvalidOperationException(
                $"{TrainerNames.Display(trainer)}: {layer.GetType().Name} does not wrap the {inner.GetType().Name} that it is handed. "
                + "Pass that to the constructor of WrappingCheckpointIO.");
        }
    }

    private void RefuseRepetition(CheckpointIO layer, CheckpointIO inner)
    {
        for (var below = inner as WrappingCheckpointIO; below is not null; below = below.Inner as WrappingCheckpointIO)
        {
            if (below.GetType() == layer.GetType())
            {
                throw new InvalidOperationException(
                    $"{TrainerNames.Display(trainer)} wraps its CheckpointIO in {layer.GetType().Name} twice. Add it once, "
                        + "at the place where it belongs.");
            }
        }
    }

    /// <summary>
    /// Returns whether the container detected the circle. The exception has no specific type; its message names the service.
    /// </summary>
    private static bool IsCircle(InvalidOperationException exception) =>
        exception.Message.Contains("circular", StringComparison.OrdinalIgnoreCase)
        && exception.Message.Contains($"'{typeof(CheckpointIO).FullName}'", StringComparison.Ordinal);

    private InvalidOperationException Circle(Exception? inner) => new(
        $"{TrainerNames.Display(trainer)}: a part of its CheckpointIO asks the container for the CheckpointIO that is being made. "
        + "In a factory of a wrapper, use the one that is handed in.",
        inner);
}

/// <summary>
/// The chain of a trainer as registered in its container. A container disposes what it created, and a strategy disposes its
/// <see cref="CheckpointIO"/>. This wrapper prevents disposing the chain twice: after the handover, only the strategy owns it.
/// </summary>
internal sealed class OwnedCheckpointIO(CheckpointIO chain) : WrappingCheckpointIO(chain), IDisposable
{
    private int _given;

    /// <summary>Transfers ownership of the chain, which is <see cref="WrappingCheckpointIO.Inner"/>.</summary>
    public void HandOver() => Interlocked.Exchange(ref _given, 1);

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options) =>
        Inner.Submit(checkpoint, path, options);

    // An outer decorator flushes before each of its disposals, including the second one.
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _given) == 0 ? Inner.FlushAsync(cancellationToken) : Task.CompletedTask;

#pragma warning disable CA2215 // The base would dispose the chain each time; once is the point here.
    public override ValueTask DisposeAsync() => Interlocked.Exchange(ref _given, 1) == 0 ? Inner.DisposeAsync() : ValueTask.CompletedTask;
#pragma warning restore CA2215

    // A container that is disposed synchronously rejects services that implement only IAsyncDisposable.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
