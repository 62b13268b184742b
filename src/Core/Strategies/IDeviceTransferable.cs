using static TorchSharp.torch;

namespace Fulgurite;

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
