using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Moves the tensors of a batch to a device, and to the element type of the model.</summary>
/// <remarks>
/// A batch is a tensor, a tuple, an array, a list, a dictionary, a record, any of these within one another, or an
/// <see cref="IDeviceTransferable"/>; texts, numbers and arrays of them stay. What holds no tensor stays the same object; a record becomes a
/// copy of itself. Only tensors of fractional numbers change their type.
/// </remarks>
public static class BatchTransfer
{
    /// <summary>Moves a batch.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    /// <param name="device">Where to.</param>
    /// <param name="type">The element type of its fractional numbers; null for the one that they have.</param>
    /// <returns>The batch on the device; itself where nothing is to do.</returns>
    /// <exception cref="NotSupportedException">The batch is of another type, and the device is not the CPU or an element type is asked for.</exception>
    public static T To<T>(T batch, Device device, ScalarType? type = null)
    {
        ArgumentNullException.ThrowIfNull(device);

        // Batches are made on the CPU; leaving them there is free for every type.
        return (device.type == DeviceType.CPU && type is null) || batch is null
            ? batch
            : Map(batch, device, type, tensor => TypeOf(tensor, type) is { } converted ? tensor.to(converted, device) : tensor.to(device));
    }

    /// <summary>Moves a batch by a function of its tensors, for strategies that move them in a way of their own.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    /// <param name="device">Where to: for batches that move themselves.</param>
    /// <param name="type">The element type of fractional numbers: for batches that move themselves.</param>
    /// <param name="move">Moves a tensor.</param>
    /// <exception cref="NotSupportedException">The batch is of another type.</exception>
    public static T Map<T>(T batch, Device device, ScalarType? type, Func<Tensor, Tensor> move)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(move);
        return batch is null ? batch : (T)new BatchWalk(device, type, move).Move(batch);
    }

    /// <summary>The element type that a tensor of a batch gets; null where it keeps its own.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="type">The element type of fractional numbers; null for the one that they have.</param>
    public static ScalarType? TypeOf(Tensor tensor, ScalarType? type)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return type is { } asked && asked != tensor.dtype && tensor.is_floating_point() ? asked : null;
    }
}
