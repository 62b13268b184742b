using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Moves the tensors of a loaded state to a device. Tensors that share memory still share it there.</summary>
internal sealed class DevicePlacement(Device device)
{
    private readonly Dictionary<(TensorStorage Storage, ScalarType Type), Tensor> _memory = [];
    private readonly List<Tensor> _tensors = [];

    /// <summary>Returns true if the device is not the CPU; all tensors are loaded into host memory first.</summary>
    public static bool IsNeeded(Device? device) => device is not null && device.type != DeviceType.CPU;

    /// <summary>Returns a tree with its tensors on the device. Live tensors, such as the targets of the load, are not moved.</summary>
    public StateMap Move(StateMap root)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var tensors = StateWalk.Collect(root);
        try
        {
            var moved = tensors.Select(tensor => tensor.Storage.IsCaptured ? Move(tensor) : tensor).ToList();
            return (StateMap)StateWalk.Replace(root, moved);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Releases the memory on the device.</summary>
    public void Release()
    {
        _tensors.ForEach(tensor => tensor.Dispose());
        _tensors.Clear();
    }

    private TensorData Move(TensorData tensor)
    {
        if (!_memory.TryGetValue((tensor.Storage, tensor.Type), out var memory))
        {
            var count = tensor.Storage.ByteLength / tensor.Type.ElementByteSize();
            memory = Keep(new TensorData(tensor.Storage, tensor.Type, [count], [1]).ToTensor(device));
            _memory.Add((tensor.Storage, tensor.Type), memory);
        }

        return TensorData.FromTensor(Keep(memory.as_strided(tensor.Shape.ToArray(), tensor.Strides.ToArray(), tensor.StorageOffset)));
    }

    private Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
