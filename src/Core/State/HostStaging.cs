using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// Memory of the host through which the tensors of a device are read: all copies are asked for at once and waited for together, into
/// page-locked memory that is used again by every save.
/// </summary>
/// <remarks>
/// Without it each tensor is copied by itself, into fresh memory. A tensor that a state holds several times, such as a tied parameter, is
/// copied once and is seen as shared; different views of one memory on a device are not. Used on the thread of the run.
/// </remarks>
/// <param name="pageLock">Makes page-locked memory of a tensor on the CPU; null for <c>pin_memory</c>.</param>
public sealed class HostStaging(Func<Tensor, Tensor>? pageLock = null) : IDisposable
{
    private readonly List<Tensor> _buffers = [];
    private Task _readers = Task.CompletedTask;

    /// <summary>What the page-locked memory takes, in bytes.</summary>
    public long ByteLength => _buffers.Sum(buffer => buffer.numel() * buffer.dtype.ElementByteSize());

    /// <summary>
    /// Copies the tensors of a live state that lie on a device to the host; does nothing for those that are there already. Waits until who
    /// reads the state before (<see cref="InUseUntil"/>) is done with its memory.
    /// </summary>
    /// <param name="state">The state. Its tensors are read from the copies until the next call.</param>
    public void Stage(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var waiting = state.Tensors().Select(entry => entry.Value.Storage).OfType<LiveTensorStorage>()
            .Where(storage => !storage.IsOnHost && storage.ByteLength > 0 && !storage.IsRead)
            .GroupBy(storage => storage.Tensor.Handle)
            .Select(group => group.ToList())
            .ToList();
        if (waiting.Count == 0)
        {
            return;
        }

        _readers.GetAwaiter().GetResult();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        for (var index = 0; index < waiting.Count; index++)
        {
            var row = waiting[index][0].Row();
            Buffer(index, row).copy_(row, nonBlocking: true);
        }

        foreach (var device in waiting.Select(group => group[0].Tensor.device).DistinctBy(device => device.ToString(), StringComparer.Ordinal).Where(device => device.type == DeviceType.CUDA))
        {
            cuda.synchronize(device);
        }

        for (var index = 0; index < waiting.Count; index++)
        {
            waiting[index].ForEach(storage => storage.ReadFrom(_buffers[index]));
        }
    }

    /// <summary>Says who reads the state that was staged last: the memory is not used again before.</summary>
    /// <param name="captured">Completes when nothing reads it any more, such as <see cref="SaveOperation.Captured"/>.</param>
    public void InUseUntil(Task captured)
    {
        ArgumentNullException.ThrowIfNull(captured);
        _readers = _readers.IsCompleted ? captured : Task.WhenAll(_readers, captured);
    }

    /// <summary>Gives the memory back, once nobody reads it.</summary>
    public void Dispose()
    {
        _readers.GetAwaiter().GetResult();
        _buffers.ForEach(buffer => buffer.Dispose());
        _buffers.Clear();
    }

    /// <summary>The states of a run are alike, so that the memory of one nearly always fits the next.</summary>
    private Tensor Buffer(int index, Tensor row)
    {
        if (index < _buffers.Count && _buffers[index].dtype == row.dtype && _buffers[index].numel() == row.numel())
        {
            return _buffers[index];
        }

        using var plain = empty(row.shape, dtype: row.dtype, device: CPU);
        var buffer = (pageLock is null ? plain.pin_memory() : pageLock(plain)).DetachFromDisposeScope();
        if (index < _buffers.Count)
        {
            _buffers[index].Dispose();
            _buffers[index] = buffer;
        }
        else
        {
            _buffers.Add(buffer);
        }

        return buffer;
    }
}
