using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Moves the tensors of a batch to a device and converts them to the element type of the model.</summary>
/// <remarks>
/// A batch is a tensor, a tuple, an array, a list, a dictionary, a record, any nesting of these, or an
/// <see cref="IDeviceTransferable"/>. Strings, numbers and arrays of them are left unchanged. An object without tensors is returned as is;
/// a record is copied. Only floating-point tensors are converted.
/// </remarks>
public static class BatchTransfer
{
    /// <summary>Moves a batch.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    /// <param name="device">The target device.</param>
    /// <param name="type">The element type of floating-point tensors; null to keep their type.</param>
    /// <returns>The batch on the device, or the same batch if nothing has to be done.</returns>
    /// <exception cref="NotSupportedException">
    /// The type of the batch is not supported, and the device is not the CPU or an element type is specified.
    /// </exception>
    public static T To<T>(T batch, Device device, ScalarType? type = null)
    {
        ArgumentNullException.ThrowIfNull(device);

        // Batches are created on the CPU; leaving them there works for every type.
        return (device.type == DeviceType.CPU && type is null) || batch is null
            ? batch
            : Map(batch, device, type, tensor => TypeOf(tensor, type) is { } converted ? tensor.to(converted, device) : tensor.to(device));
    }

    /// <summary>Moves a batch with a function for its tensors, for strategies with their own transfer.</summary>
    /// <typeparam name="T">The type of the batch.</typeparam>
    /// <param name="batch">The batch.</param>
    /// <param name="device">The target device, for <see cref="IDeviceTransferable"/> batches.</param>
    /// <param name="type">The element type of floating-point tensors, for <see cref="IDeviceTransferable"/> batches.</param>
    /// <param name="move">Moves a tensor.</param>
    /// <exception cref="NotSupportedException">The type of the batch is not supported.</exception>
    public static T Map<T>(T batch, Device device, ScalarType? type, Func<Tensor, Tensor> move)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(move);
        return batch is null ? batch : (T)new BatchWalk(device, type, move).Move(batch);
    }

    /// <summary>Returns the element type to which a tensor of a batch is converted; null if it is not converted.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="type">The element type of floating-point tensors; null to keep their type.</param>
    public static ScalarType? TypeOf(Tensor tensor, ScalarType? type)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return type is { } asked && asked != tensor.dtype && tensor.is_floating_point() ? asked : null;
    }
}

/// <summary>A batch that implements its own transfer to a device.</summary>
public interface IDeviceTransferable
{
    /// <summary>Returns the batch on a device. Tensors that are already there may be shared.</summary>
    /// <param name="device">The device.</param>
    object To(Device device);

    /// <summary>
    /// Returns the batch on a device, with floating-point tensors of an element type. The default implementation does not convert; override
    /// it for models that are trained in a <see cref="Precision"/>.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="type">The element type; null to keep the types.</param>
    object To(Device device, ScalarType? type) => To(device);
}
