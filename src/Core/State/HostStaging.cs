using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// Stages device tensors in host memory. All copies are started together, then awaited together, and go to page-locked memory that is
/// reused by every save.
/// </summary>
/// <remarks>
/// Without staging, each tensor is copied separately into newly allocated memory. A tensor that occurs several times in a state, such as a
/// tied parameter, is copied once and remains shared; distinct views of the same device memory do not. Must be used on the training thread.
/// </remarks>
/// <param name="pageLock">Creates a page-locked copy of a CPU tensor; null to use <c>pin_memory</c>.</param>
public sealed class HostStaging(Func<Tensor, Tensor>? pageLock = null) : IDisposable
{
    private readonly List<Tensor> _buffers = [];
    private Task _readers = Task.CompletedTask;

    /// <summary>Gets the size of the page-locked memory, in bytes.</summary>
    public long ByteLength => _buffers.Sum(buffer => buffer.numel() * buffer.dtype.ElementByteSize());

    /// <summary>
    /// Copies the device tensors of a live state to the host. Tensors that are already on the host are skipped. Waits until the readers of
    /// the previously staged state (<see cref="InUseUntil"/>) have finished.
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

        foreach (var device in waiting.Select(group => group[0].Tensor.device)
            .DistinctBy(device => device.ToString(), StringComparer.Ordinal)
            .Where(device => device.type == DeviceType.CUDA))
        {
            cuda.synchronize(device);
        }

        for (var index = 0; index < waiting.Count; index++)
        {
            waiting[index].ForEach(storage => storage.ReadFrom(_buffers[index]));
        }
    }

    /// <summary>Prevents reuse of the memory until the readers of the last staged state have finished.</summary>
    /// <param name="captured">A task that completes when the state is no longer read, such as <see cref="SaveOperation.Captured"/>.</param>
    public void InUseUntil(Task captured)
    {
        ArgumentNullException.ThrowIfNull(captured);
        _readers = _readers.IsCompleted ? captured : Task.WhenAll(_readers, captured);
    }

    /// <summary>Waits for the readers, then frees the memory.</summary>
    public void Dispose()
    {
        _readers.GetAwaiter().GetResult();
        _buffers.ForEach(buffer => buffer.Dispose());
        _buffers.Clear();
    }

    /// <summary>Returns a buffer, reusing the previous one if it fits; the states of one run nearly always have the same layout.</summary>
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
