using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>A batch that knows how to move itself to another device.</summary>
public interface IDeviceTransferable
{
    /// <summary>The same batch on a device. Tensors that are there already may be shared.</summary>
    /// <param name="device">The device.</param>
    object To(Device device);

    /// <summary>
    /// The same batch on a device, its fractional numbers of an element type. The default moves it and converts nothing: override it for
    /// models that are trained in a <see cref="Precision"/>.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="type">The element type; null for the one that they have.</param>
    object To(Device device, ScalarType? type) => To(device);
}
