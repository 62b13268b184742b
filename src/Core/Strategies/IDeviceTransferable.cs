using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>A batch that knows how to move itself to another device.</summary>
public interface IDeviceTransferable
{
    /// <summary>The same batch on a device. Tensors that are there already may be shared.</summary>
    /// <param name="device">The device.</param>
    object To(Device device);
}
