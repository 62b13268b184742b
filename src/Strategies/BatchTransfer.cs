using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>Moves the tensors of a batch to a device.</summary>
internal static class BatchTransfer
{
    /// <summary>Moves a batch: a tensor, a tuple, an array or list, a dictionary by name, or a type that moves itself.</summary>
    /// <exception cref="NotSupportedException">The batch is of another type and the device is not the CPU.</exception>
    public static T To<T>(T batch, Device device)
    {
        // Batches are made on the CPU; leaving them there is free for every type.
        return device.type == DeviceType.CPU || batch is null ? batch : (T)Move(batch, device);
    }

    private static object Move(object part, Device device) => part switch
    {
        Tensor tensor => tensor.to(device),
        IDeviceTransferable transferable => transferable.To(device),
        Tensor[] tensors => Array.ConvertAll(tensors, tensor => tensor.to(device)),
        List<Tensor> tensors => tensors.ConvertAll(tensor => tensor.to(device)),
        Dictionary<string, Tensor> tensors => tensors.ToDictionary(entry => entry.Key, entry => entry.Value.to(device), tensors.Comparer),
        ITuple tuple => MoveTuple(tuple, device),
        string or bool or int or long or float or double => part,
        _ => throw new NotSupportedException(
            $"A batch of type {part.GetType().Name} cannot be moved to {device}. Use tensors, tuples, lists or dictionaries of them, or implement {nameof(IDeviceTransferable)}."),
    };

    private static object MoveTuple(ITuple tuple, Device device)
    {
        var parts = new object?[tuple.Length];
        for (var index = 0; index < parts.Length; index++)
        {
            parts[index] = tuple[index] is { } part ? Move(part, device) : null;
        }

        return Activator.CreateInstance(tuple.GetType(), parts)
            ?? throw new NotSupportedException($"A tuple of type {tuple.GetType().Name} cannot be made anew on {device}.");
    }
}
