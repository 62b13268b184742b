using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>Moves the tensors of a batch to a device, and to the element type of the model.</summary>
/// <remarks>
/// A batch is a tensor, a tuple, an array or list, a dictionary by name, or an <see cref="IDeviceTransferable"/>; texts and numbers within
/// stay. Only tensors of fractional numbers change their type.
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
        return batch is null ? batch : (T)new Walk(device, type, move).Move(batch);
    }

    /// <summary>The element type that a tensor of a batch gets; null where it keeps its own.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="type">The element type of fractional numbers; null for the one that they have.</param>
    public static ScalarType? TypeOf(Tensor tensor, ScalarType? type)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return type is { } asked && asked != tensor.dtype && tensor.is_floating_point() ? asked : null;
    }

    private readonly struct Walk(Device device, ScalarType? type, Func<Tensor, Tensor> move)
    {
        public object Move(object part)
        {
            var self = this;
            return part switch
            {
                Tensor tensor => move(tensor),
                IDeviceTransferable transferable => transferable.To(device, type),
                Tensor[] tensors => Array.ConvertAll(tensors, new Converter<Tensor, Tensor>(move)),
                List<Tensor> tensors => tensors.ConvertAll(new Converter<Tensor, Tensor>(move)),
                Dictionary<string, Tensor> tensors => tensors.ToDictionary(entry => entry.Key, entry => self.MoveOne(entry.Value), tensors.Comparer),
                ITuple tuple => MoveTuple(tuple),
                string or bool or int or long or float or double => part,
                _ => throw new NotSupportedException(
                    $"A batch of type {part.GetType().Name} cannot be moved to {device}{(type is null ? string.Empty : $" as {type}")}. Use tensors, tuples, lists or dictionaries of them, or implement {nameof(IDeviceTransferable)}."),
            };
        }

        private Tensor MoveOne(Tensor tensor) => move(tensor);

        private object MoveTuple(ITuple tuple)
        {
            var parts = new object?[tuple.Length];
            for (var index = 0; index < parts.Length; index++)
            {
                parts[index] = tuple[index] is { } part ? Move(part) : null;
            }

            return Activator.CreateInstance(tuple.GetType(), parts)
                ?? throw new NotSupportedException($"A tuple of type {tuple.GetType().Name} cannot be made anew on {device}.");
        }
    }
}
